package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.TaskSpec;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** What the planner asks of the world; {@link Here} answers nothing else, so every other test checks the paths too. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class QuestionsTest {
    private static final CgroupFiles.View NOW = new CgroupFiles.View(CgroupMembership.parse("0::/a/b"),
            MountInfo.parse("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw"));

    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100);

    private Set<String> paths() {
        return Questions.paths(scenario.snapshot(), scenario.options(), Optional.empty(), NOW);
    }

    private Set<Integer> own() {
        return Questions.ownDescriptors(scenario.snapshot(), scenario.options());
    }

    @Test
    void recorded_and_named_paths_are_asked_for_with_their_directories() {
        root.fd(5, scenario.image.regular("/data/a")).fd(6, scenario.image.fifo("/run/f", 7)).maps(scenario.image.regular("/lib/x.so"));
        scenario.stdout("append:/log/out").map("fd:5", "read:/etc/b");
        assertEquals(Set.of("/data/a", "/data", "/run/f", "/run", "/lib/x.so", "/lib", "/log/out", "/log", "/etc/b", "/etc", "/dev/null"), paths());
    }

    @Test
    void names_that_are_no_paths_are_not() {
        root.fd(5, scenario.image.regular("file[2b:25c82e]").external()).fd(6, scenario.image.pipeWriter(5));
        assertEquals(Set.of("/dev/null"), paths());
    }

    @Test
    void a_cgroup_file_is_asked_for_in_our_cgroup_and_above() {
        root.fd(5, scenario.image.regular("/sys/fs/cgroup/old/cpu.stat"));
        assertTrue(paths().containsAll(List.of("/sys/fs/cgroup/a/b/cpu.stat", "/sys/fs/cgroup/a/cpu.stat", "/sys/fs/cgroup/cpu.stat")));
    }

    @Test
    void our_streams_and_the_descriptors_that_are_named_are_asked_for() {
        assertEquals(Set.of(0, 1, 2), own());
        scenario.map("fd:5", "fd:7").map("fd:101/9", "inherit").stderr("fd:8");
        assertEquals(Set.of(0, 1, 2, 7, 8, 9), own());
    }

    @Test
    void every_number_of_the_image_may_be_inherited_by_a_rule_that_names_none() {
        root.fd(5, scenario.image.pipeWriter(5)).fd(30, scenario.image.pipeWriter(6));
        scenario.policy("pipe", null, "inherit");
        assertEquals(Set.of(0, 1, 2, 5, 30), own());
    }

    @Test
    void the_broker_is_asked_only_when_it_is_named() {
        assertFalse(Questions.asksBroker(scenario.options()));
        scenario.policy("pipe", null, "broker:log");
        assertTrue(Questions.asksBroker(scenario.options()));
    }

    @Test
    void pids_and_threads_have_to_be_free_each_once() {
        root.thread(103).thread(102);
        scenario.image.task(101).group(100).session(100);
        scenario.image.task(105).zombie(0).thread(999);
        assertEquals(List.of(100, 101, 102, 103, 105), Questions.numbers(scenario.snapshot()));
    }

    @Test
    void leaders_that_had_ended_need_their_numbers_too() {
        scenario.image.task(101).group(90).session(100);
        scenario.image.task(102).group(80).session(80);
        assertEquals(List.of(80, 90, 100, 101, 102), Questions.numbers(scenario.snapshot()));
    }

    @Test
    void a_shell_job_joins_our_session_and_group() {
        root.session(42).group(43);
        scenario.image.task(101).group(43).session(42);
        scenario.image.task(102).group(60).session(42);
        assertEquals(List.of(60, 100, 101, 102), Questions.numbers(scenario.snapshot()));
    }

    @Test
    void a_shell_job_keeps_a_group_that_it_leads() {
        root.session(42).group(100);
        assertEquals(List.of(100), Questions.numbers(scenario.snapshot()));
    }

    @Test
    void leaders_outside_of_the_pid_namespace_have_no_number() {
        root.session(0).group(0);
        assertEquals(List.of(100), Questions.numbers(scenario.snapshot()));
    }
}
