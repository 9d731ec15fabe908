package dev.thaw.checkpoint;

import static dev.thaw.linux.SocketCalls.SOCK_DGRAM;
import static dev.thaw.linux.SocketCalls.SOCK_SEQPACKET;
import static dev.thaw.linux.SocketCalls.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.checkpoint.FdExtras.Lock;
import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.TreeScan.Intruder.Bond;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CheckpointPlannerTest {
    private static final int ESTABLISHED = 1;
    private static final int CLOSE_WAIT = 8;
    private static final int LISTEN = 10;
    private static final long MIB = 1 << 20;

    static ScanBuilder tree() {
        return new ScanBuilder();
    }

    static Stream<Arguments> options() {
        return Stream.of(
                Arguments.of("a session leader with files that are where they were", "", tree().file(3, Place.THERE, 5 * MIB, 1).child(101)),
                Arguments.of("a root that leads no session", "--shell-job", tree().session(42)),
                Arguments.of("a stream socket with a peer outside", "--external unix[11]", tree().unix(3, 11, SOCK_STREAM, 12, "")),
                Arguments.of("a seqpacket socket with a named peer outside", "--external unix[11]", tree().unix(3, 11, SOCK_SEQPACKET, 12, "/x")),
                Arguments.of("a socket pair inside", "", tree().unix(3, 11, SOCK_STREAM, 12, "").unix(4, 12, SOCK_STREAM, 11, "")),
                Arguments.of("one socket on two descriptors", "--external unix[11]",
                        tree().unix(3, 11, SOCK_STREAM, 12, "").unix(4, 11, SOCK_STREAM, 12, "")),
                Arguments.of("a datagram socket connected to a name", "--ext-unix-sk", tree().unix(3, 11, SOCK_DGRAM, 12, "/dev/log")),
                Arguments.of("a datagram pair with a nameless end outside", "--external unix[11]", tree().unix(3, 11, SOCK_DGRAM, 12, "")),
                Arguments.of("a socket whose peer is gone", "", tree().unix(3, 11, SOCK_STREAM, 0, "")),
                Arguments.of("a terminal with its master outside", "--external tty[/dev/pts/4]", tree().slave(0, 4).slave(1, 4)),
                Arguments.of("a terminal with its master inside", "", tree().slave(0, 4).master(5, 4)),
                Arguments.of("a terminal whose master is closed", "", tree().device(0, "tty", "/dev/pts/4 (deleted)", 136, 4)),
                Arguments.of("a terminal of a shell job", "--shell-job", tree().session(42).slave(0, 4)),
                Arguments.of("/dev/tty beside its terminal", "--shell-job",
                        tree().controlledBy(4).slave(0, 4).device(3, "tty", "/dev/tty", 5, 0)),
                Arguments.of("/dev/tty with all of its terminal inside", "",
                        tree().controlledBy(4).slave(0, 4).master(5, 4).device(3, "tty", "/dev/tty", 5, 0)),
                Arguments.of("two terminals", "--external tty[/dev/pts/4] --external tty[/dev/pts/5]", tree().slave(0, 4).slave(1, 5)),
                Arguments.of("a small deleted file", "", tree().file(3, Place.DELETED, 1000, 0)),
                Arguments.of("a large deleted file", "--ghost-limit " + 6 * MIB, tree().file(3, Place.DELETED, 3 * MIB, 0)),
                Arguments.of("the largest of two deleted files counts", "--ghost-limit " + 8 * MIB,
                        tree().file(3, Place.DELETED, 4 * MIB, 0).file(4, Place.DELETED, 3 * MIB, 0)),
                Arguments.of("a deleted file with another name", "--link-remap", tree().file(3, Place.DELETED, 5 * MIB, 1)),
                Arguments.of("a large deleted mapping", "--ghost-limit " + 4 * MIB,
                        tree().mappings(new Mappings(List.of(new Mappings.Deleted("/x", "1-2", 2 * MIB, 0)), Set.of(), false))),
                Arguments.of("a file that something is mounted over", "--external file[1b:2a3]", tree().file(3, Place.HIDDEN, 0, 1)),
                Arguments.of("a file on a detached mount", "--external file[1b:2a3]", tree().file(3, Place.OTHER_MOUNT, 0, 1)),
                Arguments.of("a lock", "--file-locks", tree().lock(3, new Lock("POSIX", 100, "1b:fe:9"))),
                Arguments.of("a lock of the description", "--file-locks", tree().lock(3, new Lock("OFDLCK", -1, "1b:fe:9"))),
                Arguments.of("a listening TCP socket", "", tree().tcp(3, 11, LISTEN)),
                Arguments.of("a TCP connection that has ended", "--tcp-close", tree().closedTcp(3, 11).tcp(4, 12, LISTEN)),
                Arguments.of("a network namespace of its own", "--network-lock skip", tree().namespace("net", "net:[9]")),
                Arguments.of("user-space probes", "--allow-uprobes", tree().mappings(new Mappings(List.of(), Set.of(), true))),
                Arguments.of("a pidfd of a process inside", "", tree().child(101).pidfd(3, 101)),
                Arguments.of("a pidfd of a process that has gone", "", tree().pidfd(3, -1)),
                Arguments.of("devices of memory", "", tree().device(3, "device", "/dev/urandom", 1, 9).device(4, "null", "/dev/null", 1, 3)),
                Arguments.of("kinds that criu knows", "", tree().kind(3, "eventpoll", "anon_inode:[eventpoll]").kind(4, "timerfd", "anon_inode:[timerfd]")
                        .kind(5, "memfd", "/memfd:x (deleted)").protocol(6, "UDPv6").protocol(7, "NETLINK").protocol(8, "PACKET")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("options")
    void criu_gets_the_options_that_the_tree_needs(String what, String expected, ScanBuilder tree) {
        assertEquals(expected, String.join(" ", ready(tree, plain()).criuOptions()));
    }

    static Stream<Arguments> problems() {
        return Stream.of(
                Arguments.of(tree().kind(3, "io_uring", "anon_inode:[io_uring]"), "fd 3 of pid 100 (app): anon_inode:[io_uring]", "UV_USE_IO_URING=0"),
                Arguments.of(tree().mappings(new Mappings(List.of(), Set.of("anon_inode:[io_uring]"), false)), "a mapping of pid 100 (app)", "UV_USE_IO_URING=0"),
                Arguments.of(tree().kind(3, "perf_event", "anon_inode:[perf_event]"), "anon_inode:[perf_event]", "close it"),
                Arguments.of(tree().kind(3, "userfaultfd", "anon_inode:[userfaultfd]"), "anon_inode:[userfaultfd]", "close it"),
                Arguments.of(tree().pidfd(3, 4711), "stands for pid 4711", "a tree that has pid 4711 in it"),
                Arguments.of(tree().protocol(3, "AF_VSOCK"), "protocol AF_VSOCK", "close it"),
                Arguments.of(tree().protocol(3, "MPTCP"), "multipath TCP", "GODEBUG=multipathtcp=0"),
                Arguments.of(tree().device(3, "device", "/dev/net/tun", 10, 200), "/dev/net/tun", "network namespace of its own"),
                Arguments.of(tree().device(3, "device", "/dev/fuse", 10, 229), "/dev/fuse", "criu plugin"),
                Arguments.of(tree().device(3, "tty", "/dev/tty0", 4, 0), "/dev/tty0", "close it"),
                Arguments.of(tree().controlledBy(4).device(3, "tty", "/dev/tty", 5, 0), "/dev/tty", "keep the terminal itself open"),
                Arguments.of(tree().tracer(4711), "pid 100 (app) is traced by pid 4711", "kill 4711"),
                Arguments.of(tree().tracer(100), "pid 100 (app) is traced by pid 100 (app) of the same tree", "let it detach"),
                Arguments.of(tree().state('Z'), "pid 100 (app) has ended", ""),
                Arguments.of(tree().dumper(0, ScanBuilder.ALL_CAPABILITIES, 900, 100, 1), "the tree of pid 100 (app) contains thaw", "another terminal"),
                Arguments.of(tree().uid(33).child(101).dumper(0, ScanBuilder.ALL_CAPABILITIES & ~(1L << 24), 900), "runs as another user (uid 33, gid 33)", "CAP_SYS_RESOURCE"),
                Arguments.of(tree().dumperOfGroup(30, ScanBuilder.ALL_CAPABILITIES & ~(1L << 24)), "runs as another group (uid 0, gid 0)", "--regid 0"),
                Arguments.of(tree().uid(33).dumper(33, 0, 900), "uid 33 may not dump processes", "the same as root"),
                Arguments.of(tree().filtered().filteredDumper(), "pid 100 (app) is under a seccomp filter, and so is thaw", "Unconfined"),
                Arguments.of(tree().filtered().dumper(0, 1L << 40 | 1 << 24, 900), "pid 100 (app) is under a seccomp filter", "CAP_SYS_ADMIN"),
                Arguments.of(tree().intruder(Bond.SESSION), "pid 77 (sh), which is in session 100 of the tree", "--intruders end"),
                Arguments.of(tree().tcp(3, 11, ESTABLISHED), "a TCP connection is open", "--tcp close"),
                Arguments.of(tree().tcp(3, 11, CLOSE_WAIT).tcp(4, 12, ESTABLISHED), "2 TCP connections are open", "--tcp established"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("problems")
    void what_criu_cannot_do_is_said_before_anything_is_stopped(ScanBuilder tree, String what, String toTry) {
        List<Finding> problems = ((CheckpointPlan.Rejected) CheckpointPlanner.plan(tree.scan(), plain())).problems();
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.get(0).what().contains(what), problems::toString);
        assertTrue(String.join("; ", problems.get(0).tries()).contains(toTry), problems::toString);
    }

    @Test
    void a_tree_of_one_other_user_is_dumped_as_that_user_where_root_may_not_read_limits() {
        long allButResource = ScanBuilder.ALL_CAPABILITIES & ~(1L << 24);

        CheckpointPlan.Ready ready = ready(tree().uid(33).dumper(0, allButResource, 900), plain());

        assertEquals(Optional.of(new DumpUser(33, 33, allButResource)), ready.user());
        assertTrue(ready.criuOptions().contains("--unprivileged"), ready::toString);
        assertEquals(Optional.empty(), ready(tree().uid(33).dumper(0, ScanBuilder.ALL_CAPABILITIES, 900), plain()).user());
        assertEquals(List.of("setpriv", "--reuid=33", "--regid=34", "--clear-groups", "--inh-caps=-all,+cap_0,+cap_21", "--ambient-caps=-all,+cap_0,+cap_21"),
                new DumpUser(33, 34, 1 | 1 << 21).prefix());
    }

    @Test
    void all_problems_are_told_at_once() {
        TreeScan scan = tree().tracer(4711).kind(3, "io_uring", "anon_inode:[io_uring]").tcp(4, 11, ESTABLISHED).scan();
        assertEquals(3, ((CheckpointPlan.Rejected) CheckpointPlanner.plan(scan, plain())).problems().size());
    }

    @Test
    void connections_are_named_with_both_ends() {
        CheckpointPlan plan = CheckpointPlanner.plan(tree().tcp(3, 11, ESTABLISHED).scan(), plain());
        assertEquals(List.of("fd 3 of pid 100 (app): socket:[11], 127.0.0.1:8080 to 127.0.0.1:5000 (ESTABLISHED)"),
                ((CheckpointPlan.Rejected) plan).problems().get(0).because());
    }

    static Stream<Arguments> tcpChoices() {
        return Stream.of(
                Arguments.of(Tcp.CLOSE, NetworkLock.SKIP, tree().tcp(3, 11, ESTABLISHED), "--tcp-close", 0),
                Arguments.of(Tcp.CLOSE, NetworkLock.SKIP, tree(), "--tcp-close", 0),
                Arguments.of(Tcp.ESTABLISHED, NetworkLock.NFTABLES, tree().tcp(3, 11, ESTABLISHED), "--tcp-established --network-lock nftables", 0),
                Arguments.of(Tcp.ESTABLISHED, NetworkLock.IPTABLES, tree().tcp(3, 11, ESTABLISHED), "--tcp-established --network-lock iptables", 0),
                Arguments.of(Tcp.ESTABLISHED, NetworkLock.SKIP, tree().tcp(3, 11, ESTABLISHED), "--tcp-established --network-lock skip", 1),
                Arguments.of(Tcp.ESTABLISHED, NetworkLock.NFTABLES, tree().closedTcp(3, 11), "--tcp-established --network-lock nftables", 0),
                Arguments.of(Tcp.ESTABLISHED, NetworkLock.NFTABLES, tree().tcp(3, 11, LISTEN), "--tcp-established", 0));
    }

    @ParameterizedTest(name = "{0}, {1}: {3}")
    @MethodSource("tcpChoices")
    void the_user_decides_about_connections(Tcp tcp, NetworkLock lock, ScanBuilder tree, String expected, int notes) {
        CheckpointPlan.Ready plan = ready(tree, new DumpOptions(false, Optional.of(tcp), lock, Intruders.FAIL, List.of()));
        assertEquals(expected, String.join(" ", plan.criuOptions()));
        assertEquals(notes, plan.notes().size(), plan.notes()::toString);
    }

    @Test
    void what_the_user_tells_criu_about_connections_is_left_to_criu() {
        DumpOptions options = new DumpOptions(false, Optional.empty(), NetworkLock.SKIP, Intruders.FAIL, List.of("--tcp-established", "--network-lock", "skip"));
        assertEquals(List.of(), ready(tree().tcp(3, 11, ESTABLISHED), options).criuOptions());
    }

    @Test
    void who_waits_at_a_listener_that_the_broker_keeps_too_goes_on_waiting() {
        DumpOptions kept = new DumpOptions(false, Optional.empty(), NetworkLock.SKIP, Intruders.FAIL, List.of(), Set.of("socket:[11]"));
        CheckpointPlan.Ready plan = ready(tree().tcp(3, 11, LISTEN).tcp(4, 12, LISTEN), kept);
        assertEquals(List.of("--skip-in-flight"), plan.criuOptions(), "whether somebody waits already or comes before the dump");
        assertEquals(List.of(), plan.notes());
    }

    @Test
    void intruders_are_left_alone_or_ended_as_the_user_says() {
        assertEquals(List.of(), ready(tree().intruder(Bond.SESSION), intruders(Intruders.IGNORE)).toEnd());
        assertEquals(1, ready(tree().intruder(Bond.PROCESS_GROUP), intruders(Intruders.FAIL)).notes().size(), "the rest of a pipeline");
        assertEquals(77, ready(tree().intruder(Bond.PID_NAMESPACE), intruders(Intruders.END)).toEnd().get(0).pid());
    }

    @Test
    void a_linked_file_cannot_be_dumped_from_a_tree_that_runs_on() {
        DumpOptions options = new DumpOptions(true, Optional.empty(), NetworkLock.SKIP, Intruders.FAIL, List.of());
        CheckpointPlan plan = CheckpointPlanner.plan(tree().file(3, Place.DELETED, 10, 1).scan(), options);
        assertEquals(List.of("without --leave-running", "close the file before the checkpoint"),
                ((CheckpointPlan.Rejected) plan).problems().get(0).tries());
    }

    @Test
    void without_root_criu_is_told_so() {
        assertEquals(List.of("--unprivileged"), ready(tree().uid(33).dumper(33, 1L << 40, 900), plain()).criuOptions());
    }

    @Test
    void what_a_restore_has_to_provide_is_noted() {
        assertEquals("fd 3 of pid 100 (app): /x/f3 cannot be reached by its path", ready(tree().file(3, Place.HIDDEN, 0, 1), plain()).notes().get(0).what());
        assertEquals("fd 3 of pid 100 (app): socket:[11] waits for its connection to be accepted",
                ready(tree().unix(3, 11, SOCK_STREAM, 0, "").waiting(11), plain()).notes().get(0).what());
    }

    private static DumpOptions plain() {
        return intruders(Intruders.FAIL);
    }

    private static DumpOptions intruders(Intruders choice) {
        return new DumpOptions(false, Optional.empty(), NetworkLock.SKIP, choice, List.of());
    }

    @ParameterizedTest
    @CsvSource({"POSIX, 100, 1b:fe:9, 1", "POSIX, 100, 1b:fe:8, 0", "FLOCK, 100, 1b:fe:9, 0", "OFDLCK, -1, 1b:fe:9, 0"})
    void only_posix_locks_on_mapped_files_are_lost(String kind, int pid, String file, int findings) {
        Mappings mapped = new Mappings(List.of(), Set.of(), false, Mappings.Special.NONE.with("", Set.of("1b:fe:9")));
        Lock lock = new Lock(kind, pid, file);
        List<Finding> found = ready(tree().mappings(mapped).lock(3, lock).lock(4, lock), plain()).notes();
        assertEquals(findings, found.size(), found::toString);
        found.forEach(one -> assertEquals("fd 3 of pid 100 (app): /x/lock is locked and mapped", one.what()));
    }

    private static CheckpointPlan.Ready ready(ScanBuilder tree, DumpOptions options) {
        CheckpointPlan plan = CheckpointPlanner.plan(tree.scan(), options);
        return plan instanceof CheckpointPlan.Ready ready ? ready : throwRejected(plan);
    }

    private static CheckpointPlan.Ready throwRejected(CheckpointPlan plan) {
        throw new AssertionError(plan.toString());
    }
}
