package dev.thaw.check.pid;

import static dev.thaw.linux.SocketCalls.SOCK_DGRAM;
import static dev.thaw.linux.SocketCalls.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.check.AtThree;
import dev.thaw.check.Finding;
import dev.thaw.check.Severity;
import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.check.pid.PidFacts.Share;
import dev.thaw.check.pid.PidFacts.ThreadDifference;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.FdExtras.Lock;
import dev.thaw.checkpoint.Mappings;
import dev.thaw.checkpoint.ScanBuilder;
import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.checkpoint.TreeScan.Intruder.Bond;
import dev.thaw.linux.ProcessCalls.Shared;
import dev.thaw.linux.proc.CgroupMembership;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each thing that check pid looks for: how bad it is, who is meant, why, and what to do. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class PidCheckTest {
    private static final int ESTABLISHED = 1;
    private static final int LISTEN = 10;
    private static final long MIB = 1 << 20;

    private static ScanBuilder tree() {
        ScanBuilder tree = new ScanBuilder();
        for (int stream = 0; stream <= 2; stream++) {
            tree.device(stream, "null", "/dev/null", 1, 3);
        }
        return tree;
    }

    private static PidFacts alone(ScanBuilder tree) {
        return new PidFacts(tree.scan(), List.of(), List.of(), Map.of(), Map.of(), Map.of());
    }

    /** @param fd of the tree's root that pid 77 (sh) has as well, as its descriptor 9 */
    private static PidFacts shared(ScanBuilder tree, int fd) {
        return new PidFacts(tree.scan(), List.of(new Share(new Ref(100, fd), new Holder(77, "sh", 9, "write"))), List.of(), Map.of(), Map.of(), Map.of());
    }

    private static PidFacts led(ScanBuilder tree) {
        return new PidFacts(tree.scan(), List.of(), List.of(), Map.of(), Map.of(), Map.of(42, "pid 42 (bash)"));
    }

    private static ScannedProcess.Bonds bonds(EnumSet<Shared> withParent, boolean sessionElsewhere, boolean filtered) {
        return new ScannedProcess.Bonds(withParent, sessionElsewhere, List.of(), 0, filtered);
    }

    private static Mappings special(Mappings.Special special) {
        return new Mappings(List.of(), Set.of(), false, special);
    }

    static Stream<Arguments> situations() {
        return Stream.of(
                Arguments.of("io_uring", Severity.STOPS, alone(tree().kind(7, "io_uring", "anon_inode:[io_uring]")), "fd 7 of pid 100 (app)", "UV_USE_IO_URING=0"),
                Arguments.of("vsock", Severity.STOPS, alone(tree().protocol(7, "AF_VSOCK")), "fd 7 of pid 100 (app)", "close it"),
                Arguments.of("FUSE", Severity.STOPS, alone(tree().device(7, "device", "/dev/fuse", 10, 229)), "/dev/fuse", "close it"),
                Arguments.of("perf", Severity.STOPS, alone(tree().kind(7, "perf_event", "anon_inode:[perf_event]")), "anon_inode:[perf_event]", "close it"),
                Arguments.of("an NVIDIA GPU", Severity.STOPS, alone(tree().device(7, "device", "/dev/nvidia0", 195, 0)), "/dev/nvidia0", "criu plugin"),
                Arguments.of("another GPU", Severity.STOPS, alone(tree().device(7, "device", "/dev/dri/renderD128", 226, 128)), "/dev/dri/renderD128", "criu plugin"),
                Arguments.of("secret memory", Severity.STOPS, alone(tree().mappings(special(new Mappings.Special(false, true, Set.of(), "", "")))), "secret memory", "unmap"),
                Arguments.of("System V memory", Severity.STOPS, alone(tree().namespace("ipc", "").mappings(special(new Mappings.Special(true, false, Set.of(), "", "")))),
                        "System V shared memory", "--ipc-namespace"),
                Arguments.of("a half pipe", Severity.NEEDS, alone(tree().pipe(7, 55, "write").outside("pipe:[55]", 77, "sh", 9, "read")),
                        "fd 7 of pid 100 (app): pipe:[55]; its reader is pid 77 (sh), fd 9", "--map 'pipe:[55]=append:FILE'"),
                Arguments.of("a half pipe whose reader has gone", Severity.NEEDS, alone(tree().pipe(7, 55, "write")), "its reader has gone", "--map 'pipe:[55]"),
                Arguments.of("a half pipe whose reader is on its way", Severity.NOTE, alone(tree().pipe(7, 55, "write").receiver(8)),
                        "its reader has gone, or is on its way to fd 8", ""),
                Arguments.of("a pipe that is a stream", Severity.NOTE, alone(tree().pipe(1, 55, "write").outside("pipe:[55]", 77, "cat", 0, "read")),
                        "its reader is pid 77 (cat), fd 0", "thaw restore --stdout SOURCE"),
                Arguments.of("a whole pipe that somebody has too", Severity.DIFFERS,
                        alone(tree().pipe(7, 55, "write").pipe(8, 55, "read").outside("pipe:[55]", 77, "sh", 9, "read")), "pid 77 (sh), fd 9 has open too", "kill 77"),
                Arguments.of("a socket pair", Severity.NEEDS, alone(tree().unix(7, 11, SOCK_STREAM, 12, "").outside("socket:[12]", 77, "sh", 9, "read-write")),
                        "its peer is pid 77 (sh), fd 9", "--map 'socket:[11]"),
                Arguments.of("a datagram socket of a server", Severity.NOTE, alone(tree().unix(7, 11, SOCK_DGRAM, 12, "/dev/log")), "/dev/log", ""),
                Arguments.of("a terminal", Severity.NEEDS, alone(tree().slave(7, 4).outside("ptmx[4]", 77, "tmux", 9, "read-write")),
                        "its other side is pid 77 (tmux), fd 9", "--map 'tty["),
                Arguments.of("a shared offset", Severity.DIFFERS, shared(tree().file(7, Place.THERE, 0, 1), 7), "open in pid 77 (sh), fd 9 too", "kill 77"),
                Arguments.of("a shared log", Severity.NOTE, shared(tree().file(1, Place.THERE, 0, 1), 1), "open in pid 77 (sh), fd 9 too", ""),
                Arguments.of("a shared epoll set", Severity.DIFFERS, shared(tree().kind(7, "eventpoll", "anon_inode:[eventpoll]"), 7), "pid 77 (sh)", "kill 77"),
                Arguments.of("a shared listener", Severity.NEEDS, shared(tree().tcp(7, 11, LISTEN), 7), "pid 77 (sh), fd 9", "--map fd:100/7=fd:N"),
                Arguments.of("a terminal's master", Severity.NEEDS, shared(tree().master(7, 4), 7), "the master of what pid 77 (sh)", "kill 77"),
                Arguments.of("a lock", Severity.NOTE, alone(tree().lock(7, new Lock("POSIX", 100))), "--file-locks", ""),
                Arguments.of("a lock of somebody outside", Severity.NEEDS, alone(tree().lock(7, new Lock("FLOCK", 77))), "pid 77 has locked", "end it before the restore"),
                Arguments.of("a large deleted file", Severity.NOTE, alone(tree().file(7, Place.DELETED, 3 * MIB, 0)), "1 deleted file is still open, 3 MiB", ""),
                Arguments.of("a connection", Severity.STOPS, alone(tree().tcp(7, 11, ESTABLISHED)), "a TCP connection is open", "--tcp close"),
                Arguments.of("counters of a JVM", Severity.NEEDS, alone(tree().mappings(special(new Mappings.Special(false, false, Set.of(), "/tmp/hsperfdata_root/100", "")))),
                        "/tmp/hsperfdata_root/100", "-XX:-UsePerfData"),
                Arguments.of("a closed stream", Severity.NOTE, alone(new ScanBuilder().device(0, "null", "/dev/null", 1, 3).device(1, "null", "/dev/null", 1, 3)),
                        "fd 2 of pid 100 (app) is closed", "--stderr SOURCE"),
                Arguments.of("a session that began outside", Severity.NEEDS, led(tree().child(101, 42, 42)), "in session 42 of pid 42 (bash)", "kill 42"),
                Arguments.of("a process group that began outside", Severity.NEEDS, led(tree().child(101, 100, 42)), "in process group 42 of pid 42 (bash)", "kill 42"),
                Arguments.of("another user", Severity.STOPS, alone(tree().uid(33).child(101).dumper(0, ScanBuilder.ALL_CAPABILITIES & ~(1L << 24), 900)), "uid 33", "CAP_SYS_RESOURCE"),
                Arguments.of("a pid namespace", Severity.STOPS, alone(tree().namespace("pid", "pid:[9]")), "is in a pid namespace, and is not its first", "nsenter -t 100"),
                Arguments.of("a stranger in its pid namespace", Severity.STOPS, alone(tree().intruder(Bond.PID_NAMESPACE)), "pid 77 (sh), which is in the pid namespace", "--intruders end"),
                Arguments.of("a process outside in its session", Severity.STOPS, alone(tree().intruder(Bond.SESSION)), "pid 77 (sh), which is in session 100", "--intruders end"),
                Arguments.of("a mount namespace", Severity.NOTE, alone(tree().namespace("mnt", "mnt:[9]")), "a mount namespace of its own", "nsenter -t 100 -m"),
                Arguments.of("a file under a mount", Severity.NEEDS, alone(tree().file(7, Place.HIDDEN, 0, 1)), "cannot be reached by its path", "--map fd:100/7="),
                Arguments.of("a file of a detached mount", Severity.NEEDS, alone(tree().file(7, Place.OTHER_MOUNT, 0, 1)), "cannot be reached by its path", "--map fd:100/7="),
                Arguments.of("a seccomp filter, and no CAP_SYS_ADMIN", Severity.STOPS,
                        alone(tree().bonds(bonds(EnumSet.noneOf(Shared.class), false, true)).uid(33).dumper(33, 1L << 40, 900)), "under a seccomp filter", "CAP_SYS_ADMIN"),
                Arguments.of("user space probes", Severity.NOTE, alone(tree().mappings(new Mappings(List.of(), Set.of(), true))), "--allow-uprobes", ""),
                Arguments.of("a zombie", Severity.STOPS, alone(new ScanBuilder().state('Z')), "pid 100 (app) has ended", "pgrep"),
                Arguments.of("a process in the kernel", Severity.STOPS, alone(tree().state('D')), "state D", "/proc/100/stack"),
                Arguments.of("memory shared with the parent", Severity.STOPS, alone(tree().bonds(bonds(EnumSet.of(Shared.MEMORY), false, false))), "shares its memory", "again"),
                Arguments.of("a debugger", Severity.STOPS, alone(tree().tracer(4711)), "traced by pid 4711", "kill 4711"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("situations")
    void each_is_found_with_who_why_and_what_to_do(String name, Severity severity, PidFacts facts, String who, String toDo) {
        PidCheck check = PidCheck.of(facts, new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of()));
        AtThree.assertReadable(check.findings());
        Finding found = AtThree.found(check.findings(), severity, who);
        assertTrue(String.join("; ", found.tries()).contains(toDo), found::toString);
        assertEquals(severity, check.findings().verdict(), () -> "nothing worse is said of it: " + check.findings());
    }

    @Test
    void what_a_tree_loses_without_a_word_is_told() {
        TreeScan scan = tree().kind(7, "inotify", "anon_inode:inotify").mappings(special(new Mappings.Special(false, false, Set.of(5L), "", "")))
                .child(101).bonds(new ScannedProcess.Bonds(EnumSet.noneOf(Shared.class), false,
                        List.of(new CgroupMembership(0, List.of(), "/shop")), 0, false)).scan();
        PidFacts facts = new PidFacts(scan, List.of(), List.of(new ThreadDifference(100, 103, "working directory")), Map.of(new Ref(100, 7), 32),
                Map.of(5L, List.of("pid 77 (sh)")), Map.of());
        PidCheck check = PidCheck.of(facts, new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of()));
        AtThree.assertReadable(check.findings());
        assertEquals(Severity.DIFFERS, check.findings().verdict());
        String all = check.findings().toString();
        for (String expected : List.of("has unread events", "shares memory with pid 77 (sh)", "thread 103 of pid 100 (app) has its own working directory",
                "is in another cgroup than pid 100 (app)")) {
            assertTrue(all.contains(expected), () -> expected + " is not in " + all);
        }
    }

    @Test
    void a_sound_tree_is_fine() {
        PidCheck check = PidCheck.of(alone(tree().file(7, Place.THERE, 5 * MIB, 1).child(101).tcp(8, 11, LISTEN)),
                new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of()));
        assertEquals(List.of(), check.findings().all());
    }
}
