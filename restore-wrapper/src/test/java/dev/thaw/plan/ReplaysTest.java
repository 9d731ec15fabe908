package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Bytes that were unread at the dump. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ReplaysTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private List<String> replays() {
        return scenario.plan().handovers().stream().map(handover -> new String(handover.replay().content(), StandardCharsets.ISO_8859_1)).toList();
    }

    private List<String> notes() {
        return scenario.plan().notes().stream().filter(note -> !note.contains("was closed in the application")).toList();
    }

    @Test
    void what_the_application_had_not_read_yet_goes_into_the_new_pipe() {
        root.fd(0, scenario.image.pipeReader(5));
        scenario.image.pipeData(5, "unread\n");
        assertEquals(List.of("unread\n"), replays());
        assertEquals(List.of(), notes());
    }

    @Test
    void what_it_wrote_belonged_to_the_old_reader() {
        root.fd(1, scenario.image.pipeWriter(5));
        scenario.image.pipeData(5, "for somebody else");
        assertEquals(List.of(""), replays());
    }

    @Test
    void a_pipe_that_is_left_is_filled_by_criu() {
        root.fd(0, scenario.image.pipeReader(5)).fd(1, scenario.image.pipeWriter(5));
        scenario.image.pipeData(5, "unread\n");
        assertEquals(List.of(), replays());
    }

    @Test
    void two_openings_of_one_pipe_get_the_bytes_once() {
        root.fd(0, scenario.image.pipeReader(5)).fd(7, scenario.image.pipeReader(5));
        scenario.image.pipeData(5, "once");
        assertEquals(List.of("once"), replays());
        scenario.here.pipe(9, OpenFlags.O_RDONLY);
        scenario.map("fd:7", "fd:9");
        assertEquals(List.of("once", ""), replays());
    }

    @Test
    void bytes_follow_the_reader_though_the_writer_comes_first() {
        root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeReader(5));
        scenario.image.pipeData(5, "unread\n");
        scenario.here.fifo("/run/b");
        scenario.map("pipe:[5]", "rw:/run/b");
        assertEquals(List.of("unread\n"), replays());
    }

    @Test
    void a_fifo_is_filled_too() {
        root.fd(5, scenario.image.fifo("/run/a", 77));
        scenario.image.fifoData(77, "unread\n");
        scenario.here.fifo("/run/b");
        scenario.map("/run/a", "/run/b");
        assertEquals(List.of("unread\n"), replays());
    }

    @Test
    void what_no_pipe_can_take_is_lost_and_said() {
        root.fd(0, scenario.image.pipeReader(5));
        scenario.image.pipeData(5, "unread\n");
        scenario.stdin("null");
        assertEquals(List.of(""), replays());
        assertEquals(List.of("7 unread bytes of pipe:[5] (fd 0 of pid 100 (shop)) are lost: /dev/null O_RDONLY cannot hold them"), notes());
    }

    @Test
    void a_file_of_ours_and_a_new_terminal_can_take_nothing() {
        root.fd(0, scenario.image.pipeReader(5)).fd(7, scenario.image.pipeReader(6));
        scenario.image.pipeData(5, "a").pipeData(6, "bc");
        scenario.here.file(0, OpenFlags.O_RDONLY);
        scenario.map("fd:7", "pty");
        assertEquals(List.of("", ""), replays());
        assertEquals(List.of("1 unread bytes of pipe:[5] (fd 0 of pid 100 (shop)) are lost: own stdin cannot hold them",
                "2 unread bytes of pipe:[6] (fd 7 of pid 100 (shop)) are lost: pty cannot hold them"), notes());
    }

    @Test
    void what_the_broker_holds_may_be_a_pipe() {
        root.fd(7, scenario.image.pipeReader(6));
        scenario.image.pipeData(6, "bc");
        scenario.here.broker("in");
        scenario.map("fd:7", "broker:in");
        assertEquals(List.of("bc"), replays());
    }

    @Test
    void what_was_queued_in_a_socket_that_is_replaced_is_lost_and_said() {
        FileSpec queued = scenario.image.unix(10).datagram().peer(11);
        root.fd(5, queued).fd(6, scenario.image.unix(20).datagram().peer(21));
        scenario.image.queued(queued, "message");
        scenario.map("fd:5", "null").map("fd:6", "null");
        assertEquals(List.of("unread data of socket:[10] (fd 5 of pid 100 (shop)) is lost: it was queued in a socket that is replaced"), notes());
    }

    @Test
    void bytes_are_a_copy_of_their_own() {
        byte[] bytes = {1, 2};
        Handover.Bytes copy = new Handover.Bytes(bytes);
        bytes[0] = 9;
        copy.content()[1] = 9;
        assertEquals(2, copy.size());
        assertTrue(copy.content()[0] == 1 && copy.content()[1] == 2);
    }
}
