package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Which descriptors get one open file description, and which get one each. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class HandoverPlannerTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    @Test
    void duplicates_and_inherited_descriptors_share_one_handover() {
        FileSpec file = scenario.image.regular("/data/a").flags(OpenFlags.O_RDWR).mode(0100644).size(10).position(3);
        root.fd(5, file).fd(6, file);
        scenario.image.task(101).fd(5, file);
        scenario.here.file("/data/a", 20);
        assertEquals(List.of("5 6 101/5 <- /data/a O_RDWR at 3 BY_KEY data/a"), scenario.handovers());
    }

    @Test
    void two_openings_of_one_log_are_two_targeted_handovers() {
        root.fd(5, scenario.image.regular("/log").flags(OpenFlags.O_RDWR).mode(0100644).size(10).position(2))
                .fd(6, scenario.image.regular("/log").flags(OpenFlags.O_RDONLY).mode(0100644).size(10).position(7));
        scenario.here.file("/log", 20);
        assertEquals(List.of("5 <- /log O_RDWR at 2 TARGETED", "6 <- /log O_RDONLY at 7 TARGETED"), scenario.handovers());
    }

    @Test
    void a_log_that_is_appended_to_is_left_beside_its_plain_opening() {
        root.fd(1, scenario.image.regular("/log").flags(OpenFlags.O_WRONLY | OpenFlags.O_APPEND).mode(0100644))
                .fd(6, scenario.image.regular("/log").flags(OpenFlags.O_WRONLY).mode(0100644).size(10).position(10));
        scenario.here.file("/log", 20);
        assertEquals(List.of("6 <- /log O_WRONLY at 10 TARGETED"), scenario.handovers());
        assertEquals(List.of("1: unchanged"), scenario.left());
    }

    @Test
    void one_of_three_null_devices_is_replaced_alone() {
        FileSpec nothing = scenario.image.regular("/dev/null").flags(OpenFlags.O_RDWR).mode(020666);
        root.fd(0, nothing).fd(1, nothing).fd(2, nothing);
        scenario.map("fd:1", "append:/tmp/out");
        assertEquals(List.of("1 <- /tmp/out O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
        assertEquals(List.of("0: unchanged", "2: unchanged"), scenario.left());
        RestorePlan.OverlayEdits overlay = scenario.plan().overlay().orElseThrow();
        assertEquals(Map.of(1, new FileId(FdType.REGULAR, 2)), overlay.tables().get(1).retargeted());
    }

    @Test
    void a_pipe_with_several_entries_is_one_reopened_key() {
        root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(5));
        scenario.image.task(101).fd(1, scenario.image.pipeWriter(5));
        scenario.stdout("inherit");
        assertEquals(List.of("1 2 101/1 <- own stdout REOPENED pipe:[5]"), scenario.handovers());
    }

    @Test
    void both_ends_of_a_pipe_within_the_tree_follow_its_key() {
        root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeReader(5));
        scenario.here.fifo("/run/b");
        scenario.map("pipe:[5]", "rw:/run/b");
        assertEquals(List.of("5 6 <- /run/b O_RDWR (created) REOPENED pipe:[5]"), scenario.handovers());
    }

    @Test
    void what_was_shared_is_split_between_two_streams_of_ours() {
        FileSpec out = scenario.image.pipeWriter(5);
        root.fd(1, out).fd(2, out);
        assertEquals(List.of("1 <- own stdout, opened again O_WRONLY TARGETED", "2 <- own stderr, opened again O_WRONLY TARGETED"), scenario.handovers());
        assertTrue(scenario.handover(0).because().endsWith("its key stands for descriptors with other sources too"));
    }

    @Test
    void what_is_shared_by_us_stays_shared() {
        FileSpec out = scenario.image.pipeWriter(5);
        root.fd(1, out).fd(2, out);
        scenario.here.same(2, 1);
        assertEquals(List.of("1 2 <- own stdout REOPENED pipe:[5]"), scenario.handovers());
    }

    @Test
    void what_is_shared_by_us_becomes_the_source_of_two_files() {
        root.fd(1, scenario.image.pipeWriter(5)).fd(2, scenario.image.pipeWriter(6));
        scenario.here.same(2, 1);
        assertEquals(List.of("1 <- own stdout REOPENED pipe:[5]", "2 <- own stdout REOPENED pipe:[6]"), scenario.handovers());
    }

    @Test
    void one_process_can_be_singled_out() {
        FileSpec out = scenario.image.pipeWriter(5);
        root.fd(1, out);
        scenario.image.task(101).fd(1, out);
        scenario.image.task(102).fd(1, out);
        scenario.map("fd:101/1", "append:/tmp/worker");
        assertEquals(List.of("1 102/1 <- own stdout, opened again O_WRONLY TARGETED", "101/1 <- /tmp/worker O_WRONLY|O_APPEND (created) TARGETED"), scenario.handovers());
    }

    @Test
    void two_rules_with_one_source_are_two_openings_of_it() {
        root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeWriter(6));
        scenario.map("fd:5", "append:/tmp/a").map("fd:6", "append:/tmp/a");
        assertEquals(2, scenario.handovers().size());
    }

    @Test
    void a_table_that_processes_share_is_walked_once() {
        root.fd(1, scenario.image.pipeWriter(5));
        scenario.image.task(101).sharingFilesOf(100);
        assertEquals(List.of("1 <- own stdout REOPENED pipe:[5]"), scenario.handovers());
        assertEquals("fd 1 of pid 100 (table shared by 2 processes)", scenario.handover(0).uses().get(0).text());
    }

    @Test
    void the_flags_of_the_image_and_the_key_go_to_criu() {
        root.fd(1, scenario.image.pipeWriter(5).flags(OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK));
        assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK, scenario.handover(0).flags());
        assertEquals("fd[3]:pipe:[5]", scenario.handover(0).inheritArgument());
    }

    @Test
    void numbers_run_from_three_on_and_targeted_keys_are_made_up() {
        root.fd(1, scenario.image.pipeWriter(5)).fd(5, scenario.image.eventfd(0)).fd(6, scenario.image.eventfd(0));
        scenario.map("fd:5", "null").map("fd:6", "null");
        assertEquals(List.of("fd[3]:pipe:[5]", "fd[4]:thaw-handover/4", "fd[5]:thaw-handover/5"),
                scenario.plan().handovers().stream().map(Handover::inheritArgument).toList());
    }

    @Test
    void many_descriptors_are_planned_in_a_moment() {
        FileSpec shared = scenario.image.pipeWriter(5);
        root.fd(1, shared);
        for (int pid = 1000; pid < 3000; pid++) {
            TaskSpec task = scenario.image.task(pid);
            for (int fd = 0; fd < 10; fd++) {
                task.fd(fd, fd == 1 || fd == 9 ? shared : scenario.image.regular("/data/" + fd));
            }
        }
        for (int fd = 0; fd < 10; fd++) {
            scenario.here.file("/data/" + fd, 0);
        }
        scenario.stdout("append:/tmp/out");
        // Of this thread alone: how busy the machine is says nothing of the planner.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        assertEquals(1, scenario.handovers().size());
        assertTrue(threads.getCurrentThreadCpuTime() - start < 10_000_000_000L);
    }
}
