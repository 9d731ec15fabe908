package dev.thaw.checkpoint;

import dev.thaw.criu.CriuDump;
import dev.thaw.criu.HoldScript;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.pidns.EnteredNamespaces;
import dev.thaw.supervise.ReapingGate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** A criu that dumps. It is ended with this object, and then the tree runs on: criu's helper inside a task puts everything back. */
final class DumpRun implements AutoCloseable {
    /** Numbers in criu of the pipes to and from its {@link HoldScript}. */
    static final int SAYS = 8;
    static final int HEARS = 9;
    private static final int SCRIPT = 10;

    private static final int POLLIN = 1;
    private static final Duration LIMIT_AFTER_KILL = Duration.ofSeconds(10);

    private final ReapingGate.Held gate = ReapingGate.hold();
    private final OwnedFd output = FdCalls.memfdCreate("criu-output", 0);
    private final FdCalls.Pipe says = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private final FdCalls.Pipe hears = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private int pid;
    private Optional<OwnedFd> process = Optional.empty();
    private Optional<WaitStatus> end = Optional.empty();

    private DumpRun() {}

    /**
     * Starts it in a session of its own, so that a Ctrl-C on the terminal ends thaw, which then ends criu in good order.
     *
     * @param user whom it is to run as, if not as thaw
     * @throws LinuxException when criu cannot be started
     */
    static DumpRun start(String criu, CriuDump dump, Optional<DumpUser> user) {
        return start(as(user, dump.arguments(criu)), new TreeMap<>(), Supplier::get);
    }

    /**
     * The same in the pid and mount namespaces of a process, where our /proc is not seen.
     *
     * @param member of the namespaces
     * @param holdScript our descriptor of the script, which criu then has at a number of its own
     */
    static DumpRun startInside(int member, String criu, CriuDump dump, Optional<DumpUser> user, OptionalInt holdScript) {
        List<String> arguments = new ArrayList<>(dump.arguments(criu));
        SortedMap<Integer, Integer> descriptors = new TreeMap<>();
        if (holdScript.isPresent()) {
            descriptors.put(SCRIPT, holdScript.getAsInt());
            // Only in there is it known what pid criu has in there.
            arguments.addAll(0, List.of("/bin/sh", "-c", "exec \"$@\" --action-script /proc/$$/fd/" + SCRIPT, "thaw"));
        }
        try (EnteredNamespaces inside = EnteredNamespaces.of(member)) {
            return start(as(user, arguments), descriptors, inside::call);
        }
    }

    private static List<String> as(Optional<DumpUser> user, List<String> arguments) {
        List<String> all = new ArrayList<>(user.map(DumpUser::prefix).orElse(List.of()));
        all.addAll(arguments);
        return all;
    }

    private static DumpRun start(List<String> arguments, SortedMap<Integer, Integer> descriptors, Function<Supplier<Integer>, Integer> where) {
        DumpRun run = new DumpRun();
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDONLY)) {
            descriptors.put(0, nothing.number());
            descriptors.put(1, run.output.number());
            descriptors.put(2, run.output.number());
            descriptors.put(SAYS, run.says.writer().number());
            descriptors.put(HEARS, run.hears.reader().number());
            run.pid = where.apply(() -> PosixSpawn.spawn(new PosixSpawn.Request(arguments.get(0), arguments, environment(), descriptors,
                    PosixSpawn.Session.NEW_SESSION, Optional.empty(), true, Set.of(), OptionalLong.empty())));
            run.process = Optional.of(ProcessCalls.pidfdOpen(run.pid));
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
        run.says.writer().close();
        run.hears.reader().close();
        return run;
    }

    /** Where the dump stands. */
    enum Stage { HELD, ENDED, LIMIT_PASSED }

    /** Waits until all images are written and the tree is held, or criu has ended. */
    Stage awaitHold(Deadline deadline) {
        short[] ready = FdCalls.poll(new int[] {says.reader().number()}, POLLIN, deadline.left().toMillis());
        if (ready[0] == 0) {
            return Stage.LIMIT_PASSED;
        }
        // Nothing but the end when criu has gone: nobody else has the writing end.
        byte[] word = new byte[64];
        return FileCalls.read(says.reader().number(), word, 0, word.length) > 0 ? Stage.HELD : Stage.ENDED;
    }

    /** Lets a held criu end the tree ({@link HoldScript#GO}), or let it run on. */
    void answer(String word) {
        try {
            FileCalls.writeFully(hears.writer().number(), word.getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException e) {
            if (!e.is(Errno.EPIPE)) {
                throw e; // criu has ended by itself, and its status tells
            }
        }
    }

    /** Empty when it still runs after that time. */
    Optional<WaitStatus> awaitEnd(Duration limit) {
        if (end.isEmpty()) {
            end = ProcessCalls.waitPid(pid, limit);
        }
        return end;
    }

    /** What criu wrote to its standard output and error: mistakes in options are told only there. */
    String output() {
        FileCalls.lseek(output.number(), 0, FileCalls.SEEK_SET);
        return KernelString.decode(FileCalls.readAll(output.number()));
    }

    /** Ends criu if it runs. From any thread: the one that waits for its end takes its status. */
    synchronized void kill() {
        process.filter(OwnedFd::isOpen).ifPresent(criu -> {
            try {
                ProcessCalls.pidfdSendSignal(criu.number(), Signals.SIGKILL);
            } catch (LinuxException e) {
                if (!e.is(Errno.ESRCH)) {
                    throw e;
                }
            }
            FdCalls.poll(new int[] {criu.number()}, POLLIN, LIMIT_AFTER_KILL.toMillis());
        });
    }

    @Override
    public void close() {
        try {
            kill();
            if (pid != 0) {
                awaitEnd(LIMIT_AFTER_KILL);
            }
        } finally {
            synchronized (this) {
                process.ifPresent(OwnedFd::close);
            }
            says.close();
            hears.close();
            output.close();
            gate.close();
        }
    }

    /** A configuration file named there would change what the options mean. */
    private static List<String> environment() {
        return ProcessCalls.environment().stream().filter(entry -> !entry.startsWith("CRIU_CONFIG_FILE=")).toList();
    }
}
