package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel takes no regular files into epoll sets, and criu no half of a socket pair. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class HandoverChecksTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("node");

    @BeforeEach
    void standard_output_is_a_pipe_that_an_epoll_set_watches() {
        root.fd(1, scenario.image.pipeWriter(5)).fd(4, scenario.image.eventpoll(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"append:/tmp/out", "file:/tmp/out", "null", "rw:/tmp/there"})
    void a_file_cannot_take_the_place_of_what_is_watched(String source) {
        scenario.here.file("/tmp/there", 0);
        scenario.stdout(source);
        assertEquals(List.of("fd 1 of pid 100 (node) is watched by an epoll set and cannot become a file: pipe:[5]",
                "because: the kernel takes no regular files and no /dev/null into epoll sets (man 2 epoll_ctl)",
                "try: hand over a pipe, socket or terminal: fd:N, inherit, broker:NAME, journal"), scenario.problem());
    }

    @Test
    void neither_can_a_stream_of_ours_that_is_a_file_or_the_null_device() {
        scenario.here.file(1, OpenFlags.O_WRONLY);
        assertEquals(List.of("fd 1 of pid 100 (node) is watched by an epoll set and cannot become a file: pipe:[5]"), scenario.whats());
        scenario.here.nothing(1);
        assertEquals(List.of("fd 1 of pid 100 (node) is watched by an epoll set and cannot become a file: pipe:[5]"), scenario.whats());
    }

    @Test
    void a_pipe_a_socket_a_terminal_and_a_fifo_can() {
        assertEquals(1, scenario.handovers().size());
        scenario.here.socket(1);
        assertEquals(1, scenario.handovers().size());
        scenario.here.terminal(true);
        assertEquals(1, scenario.handovers().size());
        scenario.here.fifo("/run/b");
        scenario.stdout("append:/run/b");
        assertEquals(1, scenario.handovers().size());
    }

    @Test
    void the_same_number_in_another_process_is_not_watched() {
        scenario.image.task(101).fd(1, scenario.image.pipeWriter(6)).fd(9, scenario.image.pipeWriter(7));
        scenario.map("fd:101/1", "null").map("fd:101/9", "null");
        assertEquals(3, scenario.handovers().size());
    }

    @Test
    void a_child_that_inherited_set_and_stream_is_told_as_well() {
        FileSpec out = scenario.image.pipeWriter(6);
        FileSpec epoll = scenario.image.eventpoll(7);
        root.fd(7, out).fd(8, epoll);
        scenario.image.task(101).fd(7, out).fd(8, epoll);
        scenario.map("pipe:[6]", "null");
        assertEquals(List.of("fd 7 of pid 100 (node) is watched by an epoll set and cannot become a file: pipe:[6]",
                "fd 7 of pid 101 (app) is watched by an epoll set and cannot become a file: pipe:[6]"), scenario.whats());
    }

    @Test
    void one_end_of_a_socket_pair_within_the_tree_cannot_be_replaced_alone() {
        scenario.image.task(101).command("worker").fd(6, scenario.image.unix(11).peer(10));
        root.fd(5, scenario.image.unix(10).peer(11));
        scenario.map("fd:5", "null");
        assertEquals(List.of("fd 6 of pid 101 (worker) would lose its other end, socket:[10]: that is in the tree and is to be replaced",
                "because: CRIU restores a connected socket only together with its peer",
                "try: give both ends a source, or neither: --map fd:101/6=…"), scenario.problem());
    }

    @Test
    void a_server_of_datagrams_cannot_be_replaced_without_its_client_but_the_client_can() {
        root.fd(5, scenario.image.unix(10).datagram().peer(11)).fd(6, scenario.image.unix(11).datagram().name("/run/server"));
        scenario.map("fd:6", "null");
        assertEquals(List.of("fd 5 of pid 100 (node) would lose its other end, socket:[11]: that is in the tree and is to be replaced"),
                scenario.whats());
        Scenario client = new Scenario();
        client.image.task(100).fd(5, client.image.unix(10).datagram().peer(11)).fd(6, client.image.unix(11).datagram().name("/run/server"));
        client.map("fd:5", "null");
        assertEquals(List.of("5 <- /dev/null O_RDWR TARGETED"), client.handovers());
    }

    @Test
    void a_pair_of_which_one_end_is_still_open_elsewhere_stays() {
        FileSpec end = scenario.image.unix(10).peer(11);
        root.fd(5, end).fd(7, end).fd(6, scenario.image.unix(11).peer(10));
        scenario.map("fd:5", "null");
        assertEquals(2, scenario.handovers().size());
    }

    @Test
    void also_by_key_a_socket_cannot_become_a_file() {
        root.fd(7, scenario.image.unix(10).peer(11)).fd(8, scenario.image.eventpoll(7));
        scenario.map("fd:7", "append:/tmp/x");
        assertEquals(List.of("fd 7 of pid 100 (node) is watched by an epoll set and cannot become a file: socket:[10]"), scenario.whats());
    }
}
