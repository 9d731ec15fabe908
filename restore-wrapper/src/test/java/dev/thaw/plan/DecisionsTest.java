package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who decides, and which descriptors a stream option speaks of. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class DecisionsTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private FileSpec log(String path) {
        return scenario.image.regular(path).flags(OpenFlags.O_WRONLY).mode(0100644);
    }

    @Nested
    class Precedence {
        @Test
        void a_map_beats_the_policy_and_the_policy_beats_what_thaw_does_by_itself() {
            root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeWriter(6));
            scenario.here.directory("/tmp");
            scenario.map("pipe:[5]", "append:/tmp/map").policy("pipe", null, "append:/tmp/policy");
            assertEquals(List.of("5 <- /tmp/map O_WRONLY|O_APPEND (created) TARGETED", "6 <- /tmp/policy O_WRONLY|O_APPEND (created) TARGETED"),
                    scenario.handovers());
            assertEquals("--map pipe:[5]=append:/tmp/map", scenario.handover(0).rule());
            assertEquals("shop.yaml line 1", scenario.handover(1).rule());
        }

        @Test
        void a_stream_option_beats_the_policy() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.stdout("append:/tmp/out").policy("pipe", null, "null");
            assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
            assertEquals("--stdout append:/tmp/out", scenario.handover(0).rule());
        }

        @Test
        void the_first_match_wins_and_later_ones_are_not_unmatched() {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.map("fd:5", "append:/tmp/first").map("pipe:[5]", "append:/tmp/second");
            assertEquals(List.of("5 <- /tmp/first O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        }

        @Test
        void the_first_match_wins_among_policy_documents() {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.policy("file", null, "null").policy("pipe", null, "append:/tmp/second").policy(null, null, "null");
            assertEquals("shop.yaml line 2", scenario.handover(0).rule());
        }

        @Test
        void a_map_and_an_option_for_one_stream_are_a_conflict() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.stdout("append:/tmp/out").map("pipe:[5]", "null");
            assertEquals(List.of("two sources for fd 1 of pid 100 (shop): --map pipe:[5]=null, and --stdout append:/tmp/out",
                    "because: it can have only one", "try: leave one out"), scenario.problem());
        }

        @Test
        void the_same_source_twice_is_no_conflict() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.stdout("null").map("fd:1", "null");
            assertEquals(List.of("1 <- /dev/null O_WRONLY REOPENED pipe:[5]"), scenario.handovers());
        }

        @Test
        void a_map_may_take_a_duplicate_away_from_an_option() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out);
            scenario.stdout("append:/tmp/out").map("fd:2", "null");
            assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED", "2 <- /dev/null O_WRONLY TARGETED"), scenario.handovers());
        }

        @Test
        void a_rule_can_refuse() {
            root.fd(5, scenario.image.regular("/etc/secret").mode(0100600));
            scenario.here.exists("/etc/secret", 0100600, 0);
            scenario.policy("file", "/etc/**", new Rule.Action.Refuse());
            assertEquals(List.of("fd 5 of pid 100 (shop) is refused: /etc/secret", "because: shop.yaml line 1 says so",
                    "try: change the rule, or give the descriptor a source: --map fd:5=…"), scenario.problem());
        }

        @Test
        void what_a_policy_takes_away_is_noted() {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.policy("pipe", null, "null");
            assertTrue(scenario.plan().notes().contains("shop.yaml line 1: fd 5 of pid 100 (shop) becomes /dev/null; it was pipe:[5]"));
        }
    }

    @Nested
    class FollowingAStream {
        @Test
        void standard_error_follows_an_explicit_standard_output_that_it_duplicates() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out).fd(8, out);
            scenario.image.task(101).fd(1, out).fd(2, out);
            scenario.stdout("append:/tmp/out");
            assertEquals(List.of("1 2 8 101/1 101/2 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        }

        @Test
        void a_second_opening_of_the_same_pipe_follows_too() {
            root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(5));
            scenario.stdout("null");
            assertEquals(List.of("1 2 <- /dev/null O_WRONLY REOPENED pipe:[5]"), scenario.handovers());
        }

        @Test
        void the_other_end_of_its_pipe_is_not_the_stream() {
            root.fd(0, scenario.image.pipeReader(5)).fd(8, scenario.image.pipeWriter(5)).fd(9, scenario.image.pipeReader(5));
            scenario.stdin("null");
            assertEquals(List.of("0 9 <- /dev/null O_RDONLY TARGETED"), scenario.handovers());
            assertEquals(List.of("8: both ends are in the tree"), scenario.left());
        }

        @Test
        void a_second_opening_of_the_same_file_is_another_file() {
            root.fd(1, log("/tmp/a")).fd(2, log("/tmp/a"));
            scenario.here.file("/tmp/a", 0);
            scenario.stdout("append:/tmp/out");
            assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
            assertEquals(List.of("2: unchanged"), scenario.left());
        }

        @Test
        void an_option_of_its_own_goes_first() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out);
            scenario.image.task(101).fd(1, out).fd(2, out).fd(7, out);
            scenario.stdout("append:/tmp/out").stderr("append:/tmp/err");
            assertEquals(List.of("1 101/1 101/7 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED",
                    "2 101/2 <- /tmp/err O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        }

        @Test
        void standard_output_does_not_follow_standard_error() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out);
            scenario.stderr("append:/tmp/err");
            assertEquals(List.of("1 <- own stdout, opened again O_WRONLY TARGETED", "2 <- /tmp/err O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        }

        @Test
        void the_input_of_a_terminal_does_not_follow_its_output() {
            FileSpec terminal = scenario.image.pty(3, false, 100);
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal);
            scenario.image.task(101).fd(0, terminal).fd(1, terminal).fd(2, terminal);
            scenario.here.terminal(false);
            scenario.stdout("append:/tmp/out");
            assertEquals(List.of("0 101/0 <- own stdin TARGETED", "1 2 101/1 101/2 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"),
                    scenario.handovers());
        }

        @Test
        void the_output_of_a_terminal_does_not_follow_its_input() {
            FileSpec terminal = scenario.image.pty(3, false, 100);
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal).fd(255, terminal);
            scenario.here.terminal(false);
            scenario.stdin("null");
            assertEquals(List.of("0 <- /dev/null O_RDWR TARGETED", "1 2 255 <- own stdin TARGETED"), scenario.handovers());
        }

        @Test
        void a_stream_of_another_process_with_a_file_of_its_own_does_not_follow() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.image.task(101).fd(1, scenario.image.pipeWriter(6));
            scenario.stdout("append:/tmp/out");
            assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED", "101/1 <- own stdout REOPENED pipe:[6]"),
                    scenario.handovers());
        }
    }

    @Nested
    class SharingStandardOutput {
        @Test
        void standard_error_can_be_what_standard_output_is_made() {
            root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(6));
            scenario.stdout("file:/tmp/out").stderr("stdout");
            assertEquals(List.of("1 2 <- /tmp/out O_WRONLY|O_TRUNC (created) TARGETED"), scenario.handovers());
        }

        @Test
        void also_when_thaw_itself_decides_about_standard_output() {
            FileSpec out = log("/tmp/a").size(10).position(10);
            root.fd(1, out).fd(2, scenario.image.pipeWriter(6));
            scenario.image.task(101).fd(1, out);
            scenario.here.file("/tmp/a", 30);
            scenario.stderr("stdout");
            assertEquals(List.of("1 2 101/1 <- /tmp/a O_WRONLY at 10 TARGETED"), scenario.handovers());
        }

        @Test
        void also_when_criu_could_have_restored_standard_output() {
            root.fd(1, log("/tmp/a").size(10).position(10)).fd(2, scenario.image.pipeWriter(6));
            scenario.here.file("/tmp/a", 10);
            scenario.stderr("stdout");
            assertEquals(List.of("1 2 <- /tmp/a O_WRONLY at 10 TARGETED"), scenario.handovers());
            assertEquals(List.of(), scenario.left());
        }

        @Test
        void a_map_can_ask_for_it_too() {
            root.fd(1, log("/tmp/a").size(10)).fd(2, scenario.image.pipeWriter(6)).fd(9, scenario.image.pipeWriter(7));
            scenario.here.file("/tmp/a", 10);
            scenario.map("fd:2", "stdout").map("pipe:[7]", "stdout");
            assertEquals(List.of("1 2 9 <- /tmp/a O_WRONLY TARGETED"), scenario.handovers());
        }

        @Test
        void a_standard_output_that_only_criu_can_restore_cannot_be_shared() {
            root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(6)).fd(3, scenario.image.pipeReader(5));
            scenario.stderr("stdout");
            assertEquals(List.of("standard error shares standard output, but only CRIU can restore that: pipe:[5]",
                    "because: both ends are in the tree", "try: name a source for both: --stdout append:PATH --stderr stdout"), scenario.problem());
        }

        @Test
        void standard_output_cannot_share_itself() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.stdout("stdout");
            assertEquals(List.of("--stdout stdout: there is no standard output to share",
                    "because: fd 1 of pid 100 (shop) is standard output itself", "try: name a source of its own"), scenario.problem());
        }

        @Test
        void without_a_standard_output_there_is_nothing_to_share() {
            root.fd(2, scenario.image.pipeWriter(5));
            scenario.stderr("stdout");
            assertEquals(List.of("--stderr stdout: there is no standard output to share", "because: fd 1 of the image's root process was closed",
                    "try: name a source of its own"), scenario.problem());
        }
    }

    @Nested
    class TheOriginal {
        @Test
        void a_file_is_opened_again_even_when_criu_could() {
            root.fd(1, log("/tmp/a").size(10).position(4));
            scenario.here.file("/tmp/a", 10);
            scenario.stdout("original");
            assertEquals(List.of("1 <- /tmp/a O_WRONLY at 4 BY_KEY tmp/a"), scenario.handovers());
        }

        @Test
        void a_deleted_file_is_left_for_only_the_image_has_it() {
            FileSpec ghost = log("/tmp/a").size(10);
            scenario.image.remap(ghost, 1, RemapImage.Kind.GHOST);
            root.fd(1, ghost);
            scenario.here.directory("/tmp");
            scenario.stdout("original");
            assertEquals(List.of("1: --stdout original: as the image has it"), scenario.left());
        }

        @Test
        void a_proc_file_of_the_application_is_left() {
            root.fd(1, log("/proc/100/oom_score_adj"));
            scenario.stdout("original");
            assertEquals(List.of("1: --stdout original: as the image has it"), scenario.left());
        }

        @Test
        void a_socket_that_criu_connects_again_is_left() {
            root.fd(1, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            scenario.stdout("original");
            assertEquals(List.of("1: --stdout original: as the image has it"), scenario.left());
        }

        @Test
        void of_a_pipe_or_terminal_whose_other_end_is_gone_there_is_none() {
            root.fd(0, scenario.image.pty(3, false)).fd(1, scenario.image.pipeWriter(5));
            scenario.stdin("original").stdout("original");
            assertEquals(List.of("--stdin original: the original of fd 0 of pid 100 (shop) is gone: tty[8803:1a]",
                    "--stdout original: the original of fd 1 of pid 100 (shop) is gone: pipe:[5]"), scenario.whats());
        }
    }
}
