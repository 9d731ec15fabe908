package dev.thaw.pidns;

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
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.ReapingGate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A fresh pid namespace with its own /proc, in a mount namespace that follows ours. The application in it is our child all the same, so that
 * its exit status is its own; orphans become children of the namespace's first process, a shell that reaps them. When that one ends, the
 * kernel ends all others: it does when thaw dies before the application is up, and when the application has ended.
 */
public final class PidNamespace implements AutoCloseable {
    private static final long READY_MILLIS = 10_000;
    private static final Duration END_LIMIT = Duration.ofSeconds(10);

    /**
     * The first process. $1 is the last pid that counts as used. A line on the input is the application's pid; the end of the input is the end of
     * thaw. With SIGCHLD ignored, which not every shell can bring about, the kernel reaps by itself. tail --pid is a small process that looks once a second;
     * busybox's has no such option. A shell that waits reaps all there is.
     */
    private static final String SCRIPT = String.join("\n",
            "cd /",
            "mount -t proc -o nosuid,nodev,noexec proc /proc || exit 1",
            "[ \"$1\" = 0 ] || echo \"$1\" >/proc/sys/kernel/ns_last_pid || exit 1",
            "last=$(cat /proc/sys/kernel/ns_last_pid) || exit 1",
            "trap '' HUP INT TERM",
            "echo \"$last\"",
            "read -r pid || exit 1",
            "exec </dev/null >/dev/null 2>&1",
            "env --ignore-signal=CHLD tail --version && exec env --ignore-signal=CHLD tail --pid=\"$pid\" -f /dev/null",
            "while [ -e \"/proc/$pid\" ]; do sleep 1; done");

    private final NamespaceThread thread;
    private final int init;
    private final OwnedFd line;
    private final int lastPid;
    private boolean ended;

    private PidNamespace(NamespaceThread thread, int init, OwnedFd line, int lastPid) {
        this.thread = thread;
        this.init = init;
        this.line = line;
        this.lastPid = lastPid;
    }

    /**
     * @param lastPid the next process in there gets a pid above this one; 0 for the lowest that is free
     * @throws Failure when it cannot be made
     */
    public static PidNamespace create(int lastPid) {
        NamespaceThread thread = new NamespaceThread();
        FdCalls.Pipe commands = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
        try (FdCalls.Pipe answers = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                OwnedFd complaints = FdCalls.memfdCreate("pid-namespace", 0)) {
            thread.call(PidNamespace::leave);
            int init = thread.call(() -> start(lastPid, commands.reader(), answers.writer(), complaints));
            commands.reader().close();
            answers.writer().close();
            String last = answer(answers.reader());
            if (!last.matches("[0-9]{1,9}")) {
                end(init);
                FileCalls.lseek(complaints.number(), 0, FileCalls.SEEK_SET);
                throw failure(KernelString.decode(FileCalls.readAll(complaints.number())).strip());
            }
            return new PidNamespace(thread, init, commands.writer(), Integer.parseInt(last));
        } catch (LinuxException e) {
            abandon(thread, commands);
            throw failure(e.getMessage());
        } catch (RuntimeException e) {
            abandon(thread, commands);
            throw e;
        }
    }

    /**
     * One that a compiled plan has made.
     *
     * @param init its first process, our child
     * @param line what {@link #liveWith} writes to; owned from here on
     */
    public static PidNamespace made(int init, OwnedFd line) {
        return new PidNamespace(new NamespaceThread(), init, line, 0);
    }

    /** Starts a process in there, by {@code posix_spawn}; the returned pid is ours, and it is our child. */
    public <T> T call(Supplier<T> start) {
        return thread.call(start);
    }

    /** Pid of its first process, with us. */
    public int init() {
        return init;
    }

    /** The pid, in there, of what is started next, as long as nothing else was. */
    public int nextPid() {
        return lastPid + 1;
    }

    /** The numbers of those that are in there now. */
    public NamespacePids pids() {
        return NamespacePids.with(init);
    }

    /**
     * From now on the namespace lives as long as the application, whether thaw does or not.
     *
     * @param insidePid of the application in there
     */
    public void liveWith(int insidePid) {
        FileCalls.writeFully(line.number(), (insidePid + "\n").getBytes(StandardCharsets.US_ASCII));
        line.close();
        thread.close();
    }

    /** Ends all that is in there. The application is to be reaped before, else it is waited for, for a while. */
    @Override
    public void close() {
        line.close();
        thread.close();
        if (!ended) {
            ended = true; // afterwards the number may be somebody else's
            end(init);
        }
    }

    private static String answer(OwnedFd reader) {
        byte[] said = new byte[16];
        boolean came = FdCalls.poll(new int[] {reader.number()}, FdCalls.POLLIN, READY_MILLIS)[0] != 0;
        int count = came ? FileCalls.read(reader.number(), said, 0, said.length) : 0;
        return new String(said, 0, Math.max(0, count), StandardCharsets.US_ASCII).strip();
    }

    private static Void leave() {
        ProcessCalls.unshare(ProcessCalls.CLONE_FS | ProcessCalls.CLONE_NEWNS | ProcessCalls.CLONE_NEWPID);
        // What is mounted or unmounted outside happens in here as well, not the other way round.
        ProcessCalls.mount("none", "/", "none", ProcessCalls.MS_REC | ProcessCalls.MS_SLAVE, "");
        return null;
    }

    private static int start(int lastPid, OwnedFd input, OwnedFd output, OwnedFd complaints) {
        SortedMap<Integer, Integer> descriptors = new TreeMap<>();
        descriptors.put(0, input.number());
        descriptors.put(1, output.number());
        descriptors.put(2, complaints.number());
        List<String> argv = List.of("thaw-init", "-c", SCRIPT, "thaw-init", Integer.toString(lastPid));
        return PosixSpawn.spawn(new PosixSpawn.Request("/bin/sh", argv, List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), descriptors,
                PosixSpawn.Session.NEW_SESSION, Optional.empty(), true, Set.of(), OptionalLong.empty()));
    }

    private static void end(int init) {
        ReapingGate.Held gate = ReapingGate.hold();
        try {
            ProcessCalls.kill(init, Signals.SIGKILL);
            ProcessCalls.waitPid(init, END_LIMIT);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH) && !e.is(Errno.ECHILD)) {
                throw e;
            }
        } finally {
            gate.close();
        }
    }

    private static void abandon(NamespaceThread thread, FdCalls.Pipe commands) {
        commands.close();
        thread.close();
    }

    private static Failure failure(String because) {
        return Failure.of(ExitCode.FAILURE, "a pid namespace cannot be made", because.isEmpty() ? "its first process did not come up" : because,
                "as root, or with CAP_SYS_ADMIN");
    }
}
