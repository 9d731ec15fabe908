package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.TaskSpec;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CgroupPlacementTest {
    private static final CgroupFiles.View RECORDED = new CgroupFiles.View(CgroupMembership.parse("0::/old"),
            MountInfo.parse("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw"));

    private final Scenario scenario = new Scenario();

    @BeforeEach
    void there_is_a_process() {
        TaskSpec root = scenario.image.task(100);
        root.fd(3, scenario.image.eventfd(0));
        scenario.here.cgroup("/now");
    }

    @Test
    void the_tree_stays_in_our_cgroup_by_itself() {
        scenario.recorded(RECORDED);
        assertEquals(List.of(), scenario.plan().cgroups());
    }

    @Test
    void it_is_put_where_the_user_says() {
        scenario.here.directory("/sys/fs/cgroup/blue/green");
        scenario.cgroup("/blue/green/");
        assertEquals(List.of("/sys/fs/cgroup/blue/green"), scenario.plan().cgroups());
    }

    @Test
    void our_own_cgroup_needs_no_move() {
        scenario.cgroup("/now");
        assertEquals(List.of(), scenario.plan().cgroups());
    }

    @Test
    void a_cgroup_that_is_not_there_is_a_problem() {
        scenario.cgroup("/blue");
        assertEquals(List.of("--cgroup /blue: there is no such cgroup", "because: looked for it at /sys/fs/cgroup/blue",
                "try: mkdir /sys/fs/cgroup/blue", "try: without --cgroup, for the cgroup that restore runs in"), scenario.problem());
    }

    @Test
    void it_is_put_back_where_it_was() {
        scenario.recorded(RECORDED).cgroup("original");
        scenario.here.directory("/sys/fs/cgroup/old");
        assertEquals(List.of("/sys/fs/cgroup/old"), scenario.plan().cgroups());
    }

    @Test
    void an_original_that_is_gone_is_a_problem() {
        scenario.recorded(RECORDED).cgroup("original");
        assertEquals(List.of("--cgroup original: the cgroup of the dumped process is gone: /sys/fs/cgroup/old",
                "because: CRIU would make it anew, but without what limited it", "try: mkdir /sys/fs/cgroup/old",
                "try: without --cgroup, for the cgroup that restore runs in"), scenario.problem());
    }

    @Test
    void a_place_that_no_mount_shows_is_a_problem() {
        CgroupFiles.View container = new CgroupFiles.View(CgroupMembership.parse("0::/docker/a"),
                MountInfo.parse("30 24 0:26 /docker/a /sys/fs/cgroup ro - cgroup2 cgroup rw"));
        CgroupChoice blue = CgroupChoice.parse("/blue");
        assertEquals(List.of(), CgroupPlacement.directories(scenario.snapshot(), Optional.empty(), container, blue));
        List<PlanProblem> problems = new java.util.ArrayList<>();
        World world = new World(java.util.Map.of(), java.util.Map.of(), container.memberships(), container.mounts(), Optional.empty());
        CgroupPlacement.existing(List.of(), world, blue, problems);
        assertEquals(List.of("--cgroup /blue: no cgroup mount here shows such a place"), problems.stream().map(PlanProblem::what).toList());
    }

    @Test
    void each_hierarchy_is_listed_once_and_only_where_it_shows_the_place() {
        CgroupFiles.View now = new CgroupFiles.View(CgroupMembership.parse("4:memory:/now\n3:pids:/blue\n0::/now"), """
                30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw
                31 24 0:26 / /host/cgroup rw - cgroup2 cgroup rw
                32 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                33 24 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
                34 24 0:29 /x /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu""".lines().flatMap(line -> MountInfo.parse(line).stream()).toList());
        assertEquals(List.of("/sys/fs/cgroup/unified/blue", "/sys/fs/cgroup/memory/blue"),
                CgroupPlacement.directories(scenario.snapshot(), Optional.empty(), now, CgroupChoice.parse("/blue")));
    }
}
