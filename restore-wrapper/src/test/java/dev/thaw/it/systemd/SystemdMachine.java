package dev.thaw.it.systemd;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.Children;
import dev.thaw.it.Scratch;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** A real systemd with a journal, booted in namespaces of its own; gone with {@link #close}. */
final class SystemdMachine implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private final Scratch scratch;
    private final String cgroup;
    private final int unshare;
    private final int systemd;
    private int runs;

    private SystemdMachine(Scratch scratch, String cgroup, int unshare, int systemd) {
        this.scratch = scratch;
        this.cgroup = cgroup;
        this.unshare = unshare;
        this.systemd = systemd;
    }

    /** @param units name → text of unit files */
    static SystemdMachine boot(Scratch scratch, Map<String, String> units) {
        return boot(scratch, units, Optional.empty());
    }

    /** @param newer a root with the files of another systemd, to be seen in place of this machine's */
    static SystemdMachine boot(Scratch scratch, Map<String, String> units, Optional<Path> newer) {
        scratch.directory("units");
        units.forEach((name, text) -> scratch.file("units/" + name, text));
        scratch.directory("machine");
        String cgroup = cgroupTree() + "/thaw-it-systemd-" + ProcessCalls.getpid();
        FileCalls.mkdir(cgroup, 0755);
        List<String> argv = List.of("/bin/bash", "-c", "echo $$ >\"$0/cgroup.procs\" && exec unshare --fork --pid --mount --uts --ipc --cgroup "
                + "env NEWER=\"$1\" /bin/bash \"${@:2}\"", cgroup, newer.map(Path::toString).orElse(""),
                Checkout.root().resolve("restore-wrapper/src/test/resources/systemd/boot").toString(), scratch.path("machine"),
                scratch.path("units"), scratch.path(), Checkout.root().toString());
        int unshare = spawn(scratch, argv, "boot");
        int last = unshare;
        try {
            int systemd = Await.value(() -> "process 1 of the machine: " + scratch.read("boot.err"), LIMIT, () -> {
                requireRunning(scratch, unshare);
                return ProcessTable.children(unshare).stream().findFirst();
            });
            last = systemd;
            SystemdMachine machine = new SystemdMachine(scratch, cgroup, unshare, systemd);
            Await.value(() -> "systemd to be up: " + machine.attempt("systemctl", "is-system-running").text() + scratch.read("boot.err"), LIMIT, () -> {
                requireRunning(scratch, unshare);
                return machine.attempt("systemctl", "is-system-running").text().matches("(?s).*(running|degraded).*") ? Optional.of(true) : Optional.empty();
            });
            return machine;
        } catch (AssertionError | RuntimeException e) {
            end(last, unshare, cgroup);
            throw e;
        }
    }

    private static void requireRunning(Scratch scratch, int unshare) {
        if (ProcessStat.read(unshare).filter(stat -> !stat.isZombie()).isEmpty()) {
            throw new AssertionError("the machine did not come up: " + scratch.read("boot.err"));
        }
    }

    private static String cgroupTree() {
        return MountInfo.read(ProcessCalls.getpid()).stream().filter(mount -> mount.fsType().equals("cgroup2")).findFirst().orElseThrow()
                .mountPoint();
    }

    /** What a command inside printed, and how it ended. */
    record Answer(int code, String text) {}

    /** Runs a command inside; it has to succeed. */
    String run(String... command) {
        Answer answer = attempt(command);
        if (answer.code() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + answer.code() + ":\n" + answer.text() + journal());
        }
        return answer.text();
    }

    Answer attempt(String... command) {
        String name = "run-" + runs++;
        List<String> argv = new ArrayList<>(List.of("/usr/bin/nsenter", "-t", Integer.toString(systemd), "-p", "-m", "-u", "-i", "-C",
                "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "SYSTEMD_PAGER="));
        argv.addAll(List.of(command));
        int pid = spawn(scratch, argv, name);
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, LIMIT);
        if (status.isEmpty()) {
            ProcessCalls.kill(pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, LIMIT);
            throw new AssertionError(String.join(" ", command) + " did not end:\n" + scratch.read(name + ".err"));
        }
        return new Answer(status.get().exitCode(), scratch.read(name + ".err"));
    }

    /** Everything that is in the journal, for messages of a failed test. */
    String journal() {
        return "\n-- journal:\n" + attempt("journalctl", "--no-pager", "-o", "short-monotonic", "-n", "300").text();
    }

    /** Lines of one unit that its processes printed. */
    String journalOf(String unit) {
        return attempt("journalctl", "--no-pager", "-o", "cat", "-u", unit, "_TRANSPORT=stdout").text();
    }

    /** One property of a unit: {@code systemctl show -p NAME --value}. */
    String property(String unit, String name) {
        return run("systemctl", "show", "-p", name, "--value", unit).strip();
    }

    private static int spawn(Scratch scratch, List<String> argv, String name) {
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR);
                OwnedFd said = FileCalls.open(scratch.path(name + ".err"), flags, 0600)) {
            TreeMap<Integer, Integer> streams = new TreeMap<>(Map.of(0, nothing.number(), 1, said.number(), 2, said.number()));
            return PosixSpawn.spawn(new PosixSpawn.Request(argv.get(0), argv, ProcessCalls.environment(), streams,
                    PosixSpawn.Session.NEW_SESSION, Optional.empty(), true, Set.of(), OptionalLong.empty()));
        }
    }

    @Override
    public void close() {
        end(systemd, unshare, cgroup);
    }

    /** @param last process 1 of its pid namespace, which takes all others with it; it may have ended already */
    private static void end(int last, int unshare, String cgroup) {
        try {
            ProcessCalls.kill(last, Signals.SIGKILL);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e;
            }
        }
        ProcessCalls.waitPid(unshare, LIMIT);
        Children.awaitGone(Set.of(last), LIMIT);
        Await.value(() -> "an empty cgroup " + cgroup, LIMIT, () -> removeTree(cgroup) ? Optional.of(true) : Optional.empty());
    }

    private static boolean removeTree(String directory) {
        try {
            for (String name : FileCalls.list(directory)) {
                if (FileCalls.lstatIfExists(directory + "/" + name).filter(status -> status.isDirectory()).isPresent()) {
                    removeTree(directory + "/" + name);
                }
            }
            FileCalls.rmdir(directory);
            return true;
        } catch (LinuxException busy) {
            return FileCalls.lstatIfExists(directory).isEmpty();
        }
    }
}
