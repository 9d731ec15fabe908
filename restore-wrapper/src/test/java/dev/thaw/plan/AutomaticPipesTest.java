package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** What becomes of pipes and FIFOs by itself. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class AutomaticPipesTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    @Test
    void streams_are_inherited_when_the_other_end_was_outside() {
        root.fd(0, scenario.image.pipeReader(5)).fd(1, scenario.image.pipeWriter(6)).fd(2, scenario.image.pipeWriter(7));
        assertEquals(List.of("0 <- own stdin REOPENED pipe:[5]", "1 <- own stdout REOPENED pipe:[6]", "2 <- own stderr REOPENED pipe:[7]"),
                scenario.handovers());
        assertEquals("its writer was outside the dumped tree and is gone; own descriptor 0 is a pipe; CRIU opens the pipe again for each end",
                scenario.handover(0).because());
    }

    @Test
    void a_pipe_within_the_tree_is_left_also_as_a_stream() {
        root.fd(1, scenario.image.pipeWriter(5));
        scenario.image.task(101).fd(0, scenario.image.pipeReader(5));
        assertEquals(List.of("1: both ends are in the tree", "101/0: both ends are in the tree"), scenario.left());
    }

    @Test
    void another_descriptor_follows_the_stream_whose_duplicate_it_is() {
        FileSpec out = scenario.image.pipeWriter(6);
        root.fd(1, out).fd(2, scenario.image.pipeWriter(7)).fd(9, out);
        assertEquals(List.of("1 9 <- own stdout REOPENED pipe:[6]", "2 <- own stderr REOPENED pipe:[7]"), scenario.handovers());
    }

    @Test
    void any_other_descriptor_has_no_source() {
        root.fd(5, scenario.image.pipeWriter(81734));
        scenario.image.task(4021).command("postgres").fd(6, scenario.image.pipeReader(7));
        assertEquals(List.of(
                PlanProblem.of("no source for fd 5 of pid 100 (shop): pipe:[81734], write end",
                        "its reader was outside the dumped tree and is gone",
                        "--map 'pipe:[81734]=append:/var/log/app.log', or --map fd:5=null"),
                PlanProblem.of("no source for fd 6 of pid 4021 (postgres): pipe:[7], read end",
                        "its writer was outside the dumped tree and is gone",
                        "--map 'pipe:[7]=read:/path', or --map fd:4021/6=null")), scenario.problems());
    }

    @Test
    void a_childs_stream_goes_where_the_roots_goes() {
        FileSpec out = scenario.image.pipeWriter(6);
        FileSpec err = scenario.image.pipeWriter(7);
        root.fd(1, out).fd(2, err);
        scenario.image.task(101).fd(1, err).fd(2, out);
        assertEquals(List.of("1 101/2 <- own stdout REOPENED pipe:[6]", "2 101/1 <- own stderr REOPENED pipe:[7]"), scenario.handovers());
    }

    @Test
    void a_childs_stream_of_its_own_is_inherited_by_its_number() {
        scenario.image.task(101).fd(2, scenario.image.pipeWriter(7)).fd(8, scenario.image.pipeWriter(7));
        assertEquals(List.of("101/2 101/8 <- own stderr REOPENED pipe:[7]"), scenario.handovers());
    }

    @Test
    void a_fifo_that_is_there_is_left() {
        root.fd(5, scenario.image.fifo("/run/app.fifo", 77));
        scenario.here.fifo("/run/app.fifo");
        assertEquals(List.of("5: the FIFO is there"), scenario.left());
    }

    @Test
    void a_fifo_with_other_permissions_is_opened_for_criu() {
        root.fd(5, scenario.image.fifo("/run/app.fifo", 77));
        scenario.here.exists("/run/app.fifo", 010644, 0);
        assertEquals(List.of("5 <- /run/app.fifo O_RDWR BY_KEY run/app.fifo"), scenario.handovers());
    }

    @Test
    void a_missing_fifo_and_a_file_in_its_place_are_refused() {
        root.fd(5, scenario.image.fifo("/run/app.fifo", 77)).fd(6, scenario.image.fifo("/run/b.fifo", 78));
        scenario.here.file("/run/b.fifo", 0);
        assertEquals(List.of(
                PlanProblem.of("no source for fd 5 of pid 100 (shop): FIFO /run/app.fifo", "there is no such FIFO any more",
                        "mkfifo '/run/app.fifo'", "--map '/run/app.fifo=/other/fifo'"),
                PlanProblem.of("no source for fd 6 of pid 100 (shop): FIFO /run/b.fifo", "there is something else at its path now",
                        "mkfifo '/run/b.fifo'", "--map '/run/b.fifo=/other/fifo'")), scenario.problems());
    }
}
