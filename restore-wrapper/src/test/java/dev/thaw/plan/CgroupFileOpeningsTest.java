package dev.thaw.plan;

import static dev.thaw.linux.OpenFlags.O_DIRECTORY;
import static dev.thaw.linux.OpenFlags.O_RDONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.TaskSpec;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** A file below a cgroup mount. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class CgroupFileOpeningsTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private Opening opening() {
        return scenario.handover(0).opening();
    }

    private void readsAt(String path) {
        root.fd(5, scenario.image.regular(path).flags(O_RDONLY).mode(0100444));
    }

    @Test
    void of_a_cgroup_that_is_gone_is_opened_in_ours() {
        readsAt("/sys/fs/cgroup/old/memory.current");
        scenario.here.cgroup("/new/pod").file("/sys/fs/cgroup/new/pod/memory.current", 0);
        assertEquals(List.of("5 <- /sys/fs/cgroup/new/pod/memory.current O_RDONLY BY_KEY sys/fs/cgroup/old/memory.current"),
                scenario.handovers());
    }

    @Test
    void and_its_directory_are_two_handovers() {
        readsAt("/sys/fs/cgroup/old/cgroup.events");
        root.fd(6, scenario.image.regular("/sys/fs/cgroup/old").flags(O_RDONLY | O_DIRECTORY).mode(0040755));
        scenario.here.cgroup("/new").file("/sys/fs/cgroup/new/cgroup.events", 0).directory("/sys/fs/cgroup/new");
        assertEquals(List.of("5 <- /sys/fs/cgroup/new/cgroup.events O_RDONLY BY_KEY sys/fs/cgroup/old/cgroup.events",
                "6 <- /sys/fs/cgroup/new O_RDONLY|O_DIRECTORY BY_KEY sys/fs/cgroup/old"), scenario.handovers());
    }

    @Test
    void that_is_still_there_is_left_to_criu() {
        readsAt("/sys/fs/cgroup/old/memory.current");
        scenario.here.cgroup("/new").exists("/sys/fs/cgroup/old/memory.current", 0100444, 0);
        assertEquals(List.of("5: unchanged"), scenario.left());
    }

    @Test
    void that_we_do_not_have_is_a_problem() {
        readsAt("/sys/fs/cgroup/old/memory.current");
        scenario.here.cgroup("/new");
        assertEquals(List.of("no source for fd 5 of pid 100 (shop): /sys/fs/cgroup/old/memory.current",
                "because: the cgroup that it belongs to is gone", "because: looked for it at /sys/fs/cgroup/new/memory.current",
                "try: --map '/sys/fs/cgroup/old/memory.current=/sys/fs/cgroup/…' with the file that takes its place", "try: --cgroup PATH",
                "try: --map fd:5=null"), scenario.problem());
    }

    @Test
    void of_a_hierarchy_that_we_do_not_see_is_a_problem() {
        readsAt("/sys/fs/cgroup/memory/old/memory.usage_in_bytes");
        scenario.recorded(new CgroupFiles.View(CgroupMembership.parse("4:memory:/old"),
                MountInfo.parse("29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory")));
        scenario.here.cgroup("/new");
        assertEquals(List.of("the cgroup that it belongs to is gone",
                "its hierarchy, or the cgroup of the dumped process in it, is not known here"), scenario.problems().get(0).because());
    }

    @Test
    void is_looked_for_where_the_user_says() {
        readsAt("/sys/fs/cgroup/old/memory.current");
        scenario.here.cgroup("/new").file("/sys/fs/cgroup/blue/memory.current", 0).directory("/sys/fs/cgroup/blue");
        scenario.cgroup("/blue");
        assertEquals("/sys/fs/cgroup/blue/memory.current O_RDONLY", opening().text());
        scenario.cgroup("original");
        assertEquals(List.of("the cgroup that it belongs to is gone", "--cgroup original looks nowhere else"),
                scenario.problems().get(0).because());
    }

    @Test
    void can_be_taken_from_the_nearest_cgroup_above_that_has_it() {
        readsAt("/sys/fs/cgroup/old/w/memory.max");
        root.fd(6, scenario.image.regular("/sys/fs/cgroup/old/cgroup.procs").flags(O_RDONLY).mode(0100444));
        scenario.here.cgroup("/a/b").file("/sys/fs/cgroup/a/memory.max", 0).file("/sys/fs/cgroup/a/b/cgroup.procs", 0);
        scenario.policy("file", "/sys/fs/cgroup/**", new Rule.Action.FromCgroup(Rule.Missing.NEAREST));
        assertEquals("/sys/fs/cgroup/a/memory.max O_RDONLY", opening().text());
    }

    @Test
    void can_become_nothing() {
        readsAt("/sys/fs/cgroup/old/memory.max");
        scenario.here.cgroup("/new");
        scenario.policy("file", "/sys/fs/cgroup/**", new Rule.Action.FromCgroup(Rule.Missing.NULL));
        assertEquals(List.of("5 <- /dev/null O_RDONLY BY_KEY sys/fs/cgroup/old/memory.max"), scenario.handovers());
    }

    @Test
    void is_moved_by_a_rule_even_when_the_old_one_is_still_there() {
        readsAt("/sys/fs/cgroup/old/memory.max");
        scenario.here.cgroup("/new").exists("/sys/fs/cgroup/old/memory.max", 0100444, 0).file("/sys/fs/cgroup/new/memory.max", 0);
        scenario.policy("file", "/sys/fs/cgroup/**", new Rule.Action.FromCgroup(Rule.Missing.ERROR));
        assertEquals("/sys/fs/cgroup/new/memory.max O_RDONLY", opening().text());
    }

    @Test
    void named_in_a_map_is_looked_for_in_our_cgroup_too() {
        readsAt("/etc/limits");
        scenario.recorded(new CgroupFiles.View(CgroupMembership.parse("0::/old"),
                MountInfo.parse("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw")));
        scenario.here.cgroup("/new").file("/sys/fs/cgroup/new/memory.max", 0).exists("/etc/limits", 0100444, 0);
        scenario.map("/etc/limits", "/sys/fs/cgroup/old/memory.max");
        assertEquals("/sys/fs/cgroup/new/memory.max O_RDONLY", opening().text());
    }

    @Test
    void is_a_file_below_a_cgroup_mount_and_nothing_else() {
        readsAt("/etc/limits");
        root.fd(6, scenario.image.pipeWriter(5));
        scenario.here.cgroup("/new").exists("/etc/limits", 0100444, 0);
        scenario.policy(null, null, new Rule.Action.FromCgroup(Rule.Missing.ERROR));
        assertEquals(List.of("no source for fd 5 of pid 100 (shop): /etc/limits", "shop.yaml line 1: fd 6 of pid 100 (shop) is no file"),
                scenario.whats());
        assertEquals(List.of("it was not below a cgroup mount of the dumped process"), scenario.problems().get(0).because());
    }
}
