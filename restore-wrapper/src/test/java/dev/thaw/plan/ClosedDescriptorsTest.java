package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.TaskSpec;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Descriptors that were closed in the image and are given a source all the same. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ClosedDescriptorsTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    @Test
    void a_stream_that_was_closed_can_be_given_a_source() {
        root.fd(5, scenario.image.eventfd(0));
        scenario.stdout("append:/tmp/out").stderr("inherit");
        assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED", "2 <- own stderr TARGETED"), scenario.handovers());
        assertEquals(List.of("fd 0 was closed in the application and stays so; give it one with --stdin SOURCE"), scenario.plan().notes());
        assertEquals("closed", scenario.handover(0).what());
    }

    @Test
    void so_can_any_descriptor_of_any_process() {
        scenario.image.task(101);
        scenario.map("fd:7", "append:/tmp/a").map("fd:101/8", "append:/tmp/a").map("fd:1", "null");
        assertEquals(List.of("7 <- /tmp/a O_WRONLY|O_APPEND (created) TARGETED", "101/8 <- /tmp/a O_WRONLY|O_APPEND (created) TARGETED",
                "1 <- /dev/null O_WRONLY TARGETED"), scenario.handovers());
        assertEquals(2, scenario.plan().notes().size());
    }

    @Test
    void a_policy_names_them_by_their_type() {
        scenario.image.task(101).fd(2, scenario.image.eventfd(0));
        scenario.policyForClosed(1, OptionalInt.empty(), "append:/tmp/a").policyForClosed(7, OptionalInt.of(101), "append:/tmp/b")
                .policyForClosed(2, OptionalInt.of(101), "append:/tmp/never").policyForClosed(9, OptionalInt.of(999), "append:/tmp/never");
        assertEquals(List.of("1 <- /tmp/a O_WRONLY|O_APPEND (created) TARGETED", "101/7 <- /tmp/b O_WRONLY|O_APPEND (created) TARGETED"),
                scenario.handovers());
    }

    @Test
    void an_option_comes_before_the_policy() {
        scenario.policyForClosed(1, OptionalInt.empty(), "append:/tmp/a").stdout("null");
        assertEquals(List.of("1 <- /dev/null O_WRONLY TARGETED"), scenario.handovers());
    }

    @Test
    void both_can_share_one_open_file_description() {
        scenario.stdout("inherit").stderr("stdout");
        assertEquals(List.of("1 2 <- own stdout TARGETED"), scenario.handovers());
    }

    @Test
    void standard_error_can_share_a_standard_output_that_was_open() {
        root.fd(1, scenario.image.pipeWriter(5));
        scenario.stderr("stdout");
        assertEquals(List.of("1 2 <- own stdout, opened again O_WRONLY TARGETED"), scenario.handovers());
    }

    @Test
    void standard_error_can_share_a_standard_output_that_was_closed_and_is_mapped() {
        root.fd(2, scenario.image.pipeWriter(5));
        scenario.map("fd:1", "append:/tmp/out").stderr("stdout");
        assertEquals(List.of("2 1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
    }

    @Test
    void a_conflict_is_found_there_too() {
        scenario.stdout("append:/tmp/out").map("fd:1", "null");
        assertEquals(List.of("two sources for fd 1 of pid 100 (shop): --map fd:1=null, and --stdout append:/tmp/out"), scenario.whats());
    }

    @Test
    void the_first_of_two_maps_wins() {
        scenario.map("fd:7", "append:/tmp/first").map("fd:7", "append:/tmp/second");
        assertEquals(List.of("7 <- /tmp/first O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
    }

    @Test
    void there_is_no_original_of_it() {
        scenario.stdout("original");
        assertEquals(List.of("--stdout original: fd 1 of pid 100 (shop) was closed", "because: there is no original to open again",
                "try: name a source"), scenario.problem());
    }

    @Test
    void a_descriptor_of_a_process_that_is_not_there_is_unmatched() {
        scenario.map("fd:999/3", "null");
        assertEquals(List.of("--map fd:999/3=null: nothing in the image matches this key"), scenario.whats());
    }

    @Test
    void a_table_that_two_processes_share_is_changed_once() {
        root.fd(5, scenario.image.eventfd(0));
        scenario.image.task(101).sharingFilesOf(100);
        scenario.map("fd:101/7", "null").map("fd:7", "append:/tmp/never");
        assertEquals(List.of("7 <- /dev/null O_RDWR TARGETED"), scenario.handovers());
    }
}
