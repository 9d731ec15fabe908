package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuCommandLine;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.criu.HoldScript;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.plan.RestorePlan;
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

/**
 * One run of {@code criu restore} with exactly the descriptors of the plan. criu has no time limit of its own; this has. criu waits, with
 * the tree restored and not one instruction of it run, until it is told to go on: what the application does with its descriptors at once
 * must not look like a failed handover, and a tree without them must never run.
 */
final class CriuRun implements AutoCloseable {
    private static final String STDERR_FILE = "criu.stderr";
    private static final int FIRST_NUMBER = 3;
    /** What {@link HoldScript} says, before the root's pid. */
    private static final String HELD = "held ";
    private static final int MOST_DIGITS = 9;

    private final WorkDirectory work;
    private final List<String> argv;
    private final CriuStart start;
    private final FdCalls.Pipe says = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private final FdCalls.Pipe hears = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private final HoldScript hold;
    private final boolean waits;
    private int pid;

    private CriuRun(CriuBinary criu, CriuStart start, RestorePlan plan, String images, WorkDirectory work, Surety surety,
            SortedMap<Integer, Integer> descriptors) {
        this.work = work;
        this.start = start;
        int free = Math.max(FIRST_NUMBER, descriptors.isEmpty() ? 0 : descriptors.lastKey() + 1);
        descriptors.put(free, says.writer().number());
        descriptors.put(free + 1, hears.reader().number());
        hold = HoldScript.at("post-restore", free, free + 1);
        argv = withPrivileges(CriuCommandLine.restore(criu.path(), images, work.path(), plan));
        waits = hold.isUsable(criu.path());
        if (waits) {
            descriptors.put(free + 2, hold.number());
            argv.addAll(List.of("--action-script", surety.criuPid().isPresent() ? HoldScript.path(surety.criuPid().getAsInt(), free + 2) : hold.path()));
        }
        // Of an attempt before. criu refuses to write over its pid file.
        work.remove(CriuCommandLine.PID_FILE);
        work.remove(STDERR_FILE);
    }

    /**
     * What came of it.
     *
     * @param status empty when the limit passed; criu still runs then
     * @param rootPid the restored root as criu sees it, a child of ours; empty unless criu succeeded
     * @param said criu's stderr and stdout: option errors are nowhere else
     */
    record Outcome(Optional<WaitStatus> status, OptionalInt rootPid, String said, String log) {
        boolean succeeded() {
            return status.isPresent() && status.get().exitCode() == 0 && rootPid.isPresent();
        }
    }

    /**
     * @param how it is started
     * @param images the images directory, or an overlay of it
     * @param surety where criu is started
     * @param beforehand what has to be done while nothing of the tree runs, where criu cannot be made to wait for it
     */
    static CriuRun start(CriuBinary criu, CriuStart how, RestorePlan plan, String images, WorkDirectory work, Surety surety, OpenedHandovers opened,
            Runnable beforehand) {
        SortedMap<Integer, Integer> descriptors = new TreeMap<>(opened.forCriu());
        CriuRun run = new CriuRun(criu, how, plan, images, work, surety, descriptors);
        try {
            if (!run.waits) {
                beforehand.run();
            }
            run.spawn(plan, surety, descriptors);
            return run;
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    private void spawn(RestorePlan plan, Surety surety, SortedMap<Integer, Integer> descriptors) {
        int logFlags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR);
                OwnedFd said = FileCalls.open(work.file(STDERR_FILE), logFlags, 0600)) {
            descriptors.put(0, nothing.number());
            descriptors.put(1, said.number());
            descriptors.put(2, said.number());
            // A session of its own keeps ^C away from criu; a shell job is restored into ours, so there criu has to be in it.
            PosixSpawn.Session session = plan.criu().shellJob() ? PosixSpawn.Session.SAME : PosixSpawn.Session.NEW_SESSION;
            List<String> command = inCgroups(start.command(argv), plan.cgroups());
            List<String> environment = start.environment();
            environment.add(RestoreWatch.mark(work));
            PosixSpawn.Request request = new PosixSpawn.Request(command.get(0), command, environment, descriptors, session,
                    Optional.empty(), true, Set.of(), OptionalLong.empty());
            pid = surety.start(() -> PosixSpawn.spawn(request));
        }
        says.writer().close();
        hears.reader().close();
    }

    /** criu refuses to run without root unless it is told that this is known. */
    private static List<String> withPrivileges(List<String> argv) {
        List<String> told = new ArrayList<>(argv);
        if (CriuPrivileges.areLimited()) {
            told.add("--unprivileged");
        }
        return told;
    }

    /** A shell that moves itself and becomes criu: thaw need not move, and the tree is in there from its first moment. */
    static List<String> inCgroups(List<String> argv, List<String> cgroups) {
        if (cgroups.isEmpty()) {
            return argv;
        }
        String script = "n=$1; shift; while [ $n -gt 0 ]; do echo $$ >\"$1/cgroup.procs\" || exit 1; shift; n=$((n-1)); done; exec \"$@\"";
        List<String> shell = new ArrayList<>(List.of("/bin/sh", "-c", script, "thaw", Integer.toString(cgroups.size())));
        shell.addAll(cgroups);
        shell.addAll(argv);
        return shell;
    }

    List<String> argv() {
        return argv;
    }

    /**
     * @param meanwhile runs again and again, and throws when there is no use in waiting
     * @return the root's pid, as criu sees it, as soon as everything is restored and criu waits; empty when criu has ended before, or the limit passed
     */
    OptionalInt awaitRestored(Patience patience, Runnable meanwhile) {
        // Of a criu that was killed, a task that is half restored may still have the other end of the pipe.
        try (OwnedFd criu = ProcessCalls.pidfdOpen(pid)) {
            short[] ready = new short[2];
            while (ready[0] == 0 && ready[1] == 0) {
                meanwhile.run();
                if (patience.isOver()) {
                    return OptionalInt.empty();
                }
                ready = FdCalls.poll(new int[] {says.reader().number(), criu.number()}, FdCalls.POLLIN, patience.step().toMillis() + 1);
            }
            if (ready[0] == 0) {
                return OptionalInt.empty();
            }
        }
        byte[] said = new byte[64];
        // Nothing but the end when criu has gone: nobody else has the writing end.
        int count = FileCalls.read(says.reader().number(), said, 0, said.length);
        String text = count <= 0 ? "" : new String(said, 0, count, StandardCharsets.US_ASCII).strip();
        return text.startsWith(HELD) ? pid(text.substring(HELD.length())) : OptionalInt.empty();
    }

    /** Lets the waiting criu start the tree, or end it. */
    void answer(boolean goOn) {
        try {
            FileCalls.writeFully(hears.writer().number(), (goOn ? HoldScript.GO : HoldScript.STOP).getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException e) {
            if (!e.is(Errno.EPIPE)) {
                throw e; // criu has ended by itself, and its status tells
            }
        }
    }

    /** @param meanwhile as in {@link #awaitRestored} */
    Outcome awaitEnd(Patience patience, Runnable meanwhile) {
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, patience.step());
        while (status.isEmpty() && !patience.isOver()) {
            meanwhile.run();
            status = ProcessCalls.waitPid(pid, patience.step());
        }
        String root = work.text(CriuCommandLine.PID_FILE).trim();
        return new Outcome(status, pid(root), work.text(STDERR_FILE), work.text(CriuCommandLine.LOG_FILE));
    }

    /** Without a regular expression: all is restored by now, and waits for this. */
    private static OptionalInt pid(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) < '0' || text.charAt(at) > '9') {
                return OptionalInt.empty();
            }
        }
        return text.isEmpty() || text.length() > MOST_DIGITS ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
    }

    /** Lets go of the pipes and the script; criu itself is not touched. */
    @Override
    public void close() {
        says.close();
        hears.close();
        hold.close();
    }
}
