package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The weakest way that is correct, and the reason. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class WaysTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    /** The way of the first handover, with the last part of its reason. */
    private String way() {
        Handover handover = scenario.handover(0);
        return handover.way() + ": " + handover.because().substring(handover.because().lastIndexOf("; ") + 2);
    }

    @Nested
    class Files {
        @Test
        void one_open_file_is_handed_over_by_its_path() {
            root.fd(5, scenario.image.regular("/data/a"));
            scenario.here.file("/data/b", 0);
            scenario.map("/data/a", "/data/b");
            assertEquals("BY_KEY: one open file description, one key", way());
        }

        @Test
        void a_path_that_is_opened_twice_is_targeted() {
            root.fd(5, scenario.image.regular("/data/a")).fd(6, scenario.image.regular("/data/a"));
            scenario.here.file("/data/b", 0);
            scenario.map("/data/a", "/data/b");
            assertEquals("TARGETED: two open file descriptions share this key", way());
            assertEquals(2, scenario.handovers().size());
        }

        @ParameterizedTest
        @CsvSource({"mapping", "executable", "directory"})
        void a_path_with_another_use_is_targeted(String use) {
            FileSpec other = scenario.image.regular("/data/a").mode(0100755);
            if (use.equals("mapping")) {
                root.maps(other);
            } else if (use.equals("executable")) {
                root.executable(other);
            } else {
                root.directories(other, other);
            }
            root.fd(5, scenario.image.regular("/data/a"));
            scenario.here.exists("/data/a", 0100755, 0).file("/data/b", 0);
            scenario.map("fd:5", "read:/data/b");
            assertEquals("TARGETED: its key would also replace what is not meant", way());
        }

        @Test
        void a_path_that_is_left_elsewhere_is_targeted() {
            root.fd(5, scenario.image.regular("/data/a")).fd(6, scenario.image.regular("/data/a"));
            scenario.here.file("/data/a", 0).file("/data/b", 0);
            scenario.map("fd:5", "read:/data/b");
            assertEquals("TARGETED: its key would also replace what is not meant", way());
        }

        @Test
        void different_sources_for_one_key_are_targeted() {
            root.fd(5, scenario.image.regular("/data/a")).fd(6, scenario.image.regular("/data/a"));
            scenario.here.file("/data/b", 0).file("/data/c", 0);
            scenario.map("fd:5", "read:/data/b").map("fd:6", "read:/data/c");
            assertEquals("TARGETED: its key stands for descriptors with other sources too", way());
        }

        @Test
        void an_external_file_is_targeted() {
            root.fd(5, scenario.image.regular("file[2b:25c82e]").external());
            scenario.here.file("/data/b", 0);
            scenario.map("file[2b:25c82e]", "read:/data/b");
            assertEquals("TARGETED: an external's key would be checked against its old size", way());
        }

        @Test
        void a_fifo_is_handed_over_by_its_path() {
            root.fd(5, scenario.image.fifo("/run/a", 77));
            scenario.here.fifo("/run/b");
            scenario.map("/run/a", "/run/b");
            assertEquals(List.of("5 <- /run/b O_RDWR BY_KEY run/a"), scenario.handovers());
        }
    }

    @Nested
    class Pipes {
        @ParameterizedTest
        @CsvSource({"pipe", "terminal", "null", "closed"})
        void are_reopened_where_the_source_can_be_opened_again(String kind) {
            root.fd(1, scenario.image.pipeWriter(5));
            own(kind);
            assertEquals("REOPENED: CRIU opens the pipe again for each end", way());
        }

        @ParameterizedTest
        @CsvSource({"file", "socket"})
        void are_targeted_where_it_cannot(String kind) {
            root.fd(1, scenario.image.pipeWriter(5));
            own(kind);
            assertEquals("TARGETED: the source cannot be opened again as a pipe", way());
        }

        private void own(String kind) {
            switch (kind) {
                case "pipe" -> scenario.here.pipe(1, OpenFlags.O_WRONLY);
                case "terminal" -> scenario.here.terminal(true);
                case "null" -> scenario.here.nothing(1);
                case "closed" -> scenario.here.closed(1);
                case "file" -> scenario.here.file(1, OpenFlags.O_WRONLY);
                default -> scenario.here.socket(1);
            }
        }

        @Test
        void a_path_is_reopened_only_when_it_is_a_fifo_or_the_null_device() {
            root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeWriter(6)).fd(7, scenario.image.pipeWriter(7));
            scenario.here.fifo("/run/b").file("/tmp/log", 0);
            scenario.map("pipe:[5]", "append:/run/b").map("pipe:[6]", "null").map("pipe:[7]", "append:/tmp/log");
            assertEquals(List.of("5 <- /run/b O_WRONLY|O_APPEND (created) REOPENED pipe:[5]", "6 <- /dev/null O_WRONLY REOPENED pipe:[6]",
                    "7 <- /tmp/log O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        }

        @Test
        void what_the_broker_the_journal_and_a_new_terminal_give_is_handed_over_as_it_is() {
            root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeWriter(6)).fd(7, scenario.image.pipeWriter(7));
            scenario.here.broker("log");
            scenario.map("fd:5", "broker:log").map("fd:6", "journal").map("fd:7", "pty");
            assertEquals(List.of("5 <- broker:log TARGETED", "6 <- journal:shop TARGETED", "7 <- pty TARGETED"), scenario.handovers());
        }

        @Test
        void one_end_of_a_pipe_within_the_tree_is_targeted() {
            root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeReader(5));
            scenario.map("fd:5", "null");
            assertEquals("TARGETED: its key would also replace what is not meant", way());
        }
    }

    @Nested
    class Sockets {
        @Test
        void a_connected_stream_is_handed_over_by_its_inode() {
            root.fd(1, scenario.image.unix(10).peer(11)).fd(5, scenario.image.unix(20).seqpacket().peer(21));
            scenario.here.socket(1);
            scenario.map("fd:5", "null");
            assertEquals(List.of("1 <- own stdout BY_KEY socket:[10]", "5 <- /dev/null O_RDWR BY_KEY socket:[20]"), scenario.handovers());
        }

        @Test
        void sockets_that_hang_criu_are_targeted() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11)).fd(6, scenario.image.unix(20)).fd(7, scenario.image.unix(30).datagram().name("/run/d"));
            scenario.map("fd:5", "null").map("fd:6", "null").map("fd:7", "null");
            for (int i = 0; i < 3; i++) {
                assertEquals(Handover.Way.TARGETED, scenario.handover(i).way());
                assertTrue(scenario.handover(i).because().endsWith("CRIU hangs when such a socket is inherited by key"));
            }
        }

        @Test
        void both_ends_of_a_pair_within_the_tree_are_targeted() {
            root.fd(5, scenario.image.unix(10).peer(11)).fd(6, scenario.image.unix(11).peer(10));
            scenario.map("fd:5", "null").map("fd:6", "null");
            assertEquals("TARGETED: its other end is in the tree", way());
            assertEquals(Handover.Way.TARGETED, scenario.handover(1).way());
        }

        @Test
        void a_listening_socket_is_targeted_so_that_its_path_stays() {
            root.fd(5, scenario.image.unix(10).listening().name("/run/app.sock"));
            scenario.here.broker("listener");
            scenario.map("fd:5", "broker:listener");
            assertEquals("TARGETED: CRIU would unlink the path of a listening socket", way());
        }

        @Test
        void a_kind_without_a_key_is_targeted() {
            root.fd(5, scenario.image.listener(10, 8080)).fd(6, scenario.image.eventfd(0));
            scenario.here.broker("web");
            scenario.map("fd:5", "broker:web").map("fd:6", "null");
            assertEquals("TARGETED: this kind has no inherit key", way());
            assertEquals(Handover.Way.TARGETED, scenario.handover(1).way());
        }
    }

    @Nested
    class Terminals {
        private final FileSpec terminal = scenario.image.pty(3, false, 100);

        @Test
        void another_terminal_is_handed_over_by_key_and_criu_does_the_rest() {
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal);
            scenario.here.terminal(false);
            assertEquals("BY_KEY: CRIU sets modes, size and control of the terminal", way());
        }

        @Test
        void a_new_terminal_too() {
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal);
            scenario.stdin("pty").stdout("pty").stderr("pty");
            assertEquals(List.of("0 1 2 <- pty BY_KEY tty[8803:1a]"), scenario.handovers());
        }

        @Test
        void a_terminal_opened_twice_stays_one_terminal() {
            root.fd(0, terminal).fd(1, scenario.image.pty(3, false, 100));
            scenario.here.terminal(false);
            assertEquals(List.of("0 1 <- own stdin BY_KEY tty[8803:1a]"), scenario.handovers());
        }

        @Test
        void what_is_no_terminal_is_targeted() {
            root.fd(1, terminal);
            assertEquals("TARGETED: the source is no terminal", way());
        }

        @Test
        void a_terminal_of_another_session_cannot_be_the_controlling_one() {
            root.fd(0, terminal);
            scenario.here.terminal(true);
            assertEquals("TARGETED: the terminal controls another session already", way());
        }

        @Test
        void a_terminal_that_controlled_nothing_is_handed_over_by_key_all_the_same() {
            root.fd(0, scenario.image.pty(4, false, 0));
            scenario.here.terminal(true);
            assertEquals("BY_KEY: CRIU sets modes, size and control of the terminal", way());
        }

        @Test
        void a_shell_job_joins_our_session() {
            root.session(42).fd(0, scenario.image.pty(4, false, 42));
            scenario.here.terminal(true);
            assertEquals("TARGETED: a shell job joins thaw's own session", way());
        }

        @Test
        void a_terminal_that_was_declared_external_has_a_key_as_well() {
            root.fd(0, scenario.image.externalTty(2026, 0x8803, 0x1a));
            scenario.here.terminal(false);
            assertEquals(List.of("0 <- own stdin BY_KEY tty[8803:1a]"), scenario.handovers());
        }
    }

    @Nested
    class MemoryFiles {
        @Test
        void one_is_handed_over_by_its_name() {
            root.fd(5, scenario.image.memfd("cache", 1));
            scenario.here.file("/data/b", 0);
            scenario.map("memfd:cache", "rw:/data/b");
            assertEquals(List.of("5 <- /data/b O_RDWR (created) BY_KEY /memfd:cache"), scenario.handovers());
        }

        @Test
        void two_of_one_name_are_targeted() {
            root.fd(5, scenario.image.memfd("cache", 1)).fd(6, scenario.image.memfd("cache", 2));
            scenario.map("memfd:cache", "null");
            assertEquals("TARGETED: two open file descriptions share this key", way());
        }

        @Test
        void one_that_is_mapped_is_targeted() {
            FileSpec memory = scenario.image.memfd("cache", 1);
            root.fd(5, memory).maps(memory);
            scenario.map("memfd:cache", "null");
            assertEquals("TARGETED: its key would also replace what is not meant", way());
        }
    }

    @Test
    void a_descriptor_that_was_closed_is_targeted() {
        scenario.stdout("null");
        assertTrue(scenario.handover(0).because().endsWith("; the descriptor was closed; it gets an entry of its own"));
        assertEquals(Handover.Way.TARGETED, scenario.handover(0).way());
    }

    @Test
    void resources_that_become_one_are_targeted() {
        root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(6));
        scenario.stdout("null").stderr("stdout");
        assertEquals("TARGETED: several resources become one open file description", way());
    }
}
