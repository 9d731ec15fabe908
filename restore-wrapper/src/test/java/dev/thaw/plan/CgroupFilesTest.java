package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CgroupFilesTest {
    private static final CgroupChoice AUTO = CgroupChoice.parse("auto");

    /** One cgroup2 mount of the whole hierarchy, as on a host. */
    private static CgroupFiles.View unified(String cgroup) {
        return view("0::" + cgroup, "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot");
    }

    /** One cgroup2 mount of some part of the hierarchy. */
    private static CgroupFiles.View mounted(String root, String cgroup) {
        return view("0::" + cgroup, "30 24 0:26 " + root + " /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw");
    }

    /** Two v1 hierarchies, a named one and the unified one beside them. */
    private static CgroupFiles.View hybrid(String cpu, String memory, String named, String unified) {
        return view("5:cpu,cpuacct:" + cpu + "\n4:memory:" + memory + "\n1:name=systemd:" + named + "\n0::" + unified, """
                25 24 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
                26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
                27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,seclabel,memory""");
    }

    private static CgroupFiles.View view(String memberships, String mounts) {
        return new CgroupFiles.View(CgroupMembership.parse(memberships), MountInfo.parse(mounts));
    }

    private static List<String> candidates(String path, CgroupFiles.View dumped, CgroupFiles.View now) {
        return CgroupFiles.candidates(path, dumped, now, AUTO);
    }

    /** The same file, without those of the cgroups above. */
    private static String exact(String path, CgroupFiles.View dumped, CgroupFiles.View now) {
        List<String> found = candidates(path, dumped, now);
        return found.isEmpty() ? "unknown" : found.get(0);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /sys/fs/cgroup/old/memory.current,              /sys/fs/cgroup/new/pod/memory.current
            /sys/fs/cgroup/old/worker/memory.current,       /sys/fs/cgroup/new/pod/worker/memory.current
            /sys/fs/cgroup/old/worker/a/memory.current,     /sys/fs/cgroup/new/pod/worker/a/memory.current
            /sys/fs/cgroup/memory.pressure,                 /sys/fs/cgroup/new/memory.pressure
            /sys/fs/cgroup/sibling/cpu.stat,                /sys/fs/cgroup/new/sibling/cpu.stat
            /sys/fs/cgroup/old/old/cpu.stat,                /sys/fs/cgroup/new/pod/old/cpu.stat
            /sys/fs/cgroup/older/cpu.stat,                  /sys/fs/cgroup/new/older/cpu.stat
            /sys/fs/cgroup/old,                             /sys/fs/cgroup/new/pod
            /sys/fs/cgroup/old/worker,                      /sys/fs/cgroup/new/pod/worker
            /sys/fs/cgroup/old/,                            /sys/fs/cgroup/new/pod
            """)
    void a_file_is_found_by_its_whole_path_relative_to_the_cgroup_of_the_process(String path, String expected) {
        assertEquals(expected, exact(path, unified("/old"), unified("/new/pod")));
    }

    @Test
    void two_files_of_one_name_in_nested_cgroups_stay_two_files() {
        CgroupFiles.View dumped = unified("/old");
        CgroupFiles.View now = unified("/new");
        assertEquals("/sys/fs/cgroup/new/cpu.stat", exact("/sys/fs/cgroup/old/cpu.stat", dumped, now));
        assertEquals("/sys/fs/cgroup/new/a/cpu.stat", exact("/sys/fs/cgroup/old/a/cpu.stat", dumped, now));
        assertEquals("/sys/fs/cgroup/new/b/cpu.stat", exact("/sys/fs/cgroup/old/b/cpu.stat", dumped, now));
    }

    @Test
    void cgroups_above_follow_from_the_nearest_to_the_mount_point() {
        assertEquals(List.of("/sys/fs/cgroup/a/b/c/w/memory.max", "/sys/fs/cgroup/a/b/c/memory.max", "/sys/fs/cgroup/a/b/memory.max",
                "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"),
                candidates("/sys/fs/cgroup/old/w/memory.max", unified("/old"), unified("/a/b/c")));
    }

    @Test
    void the_cgroup_itself_may_be_the_mount_point() {
        assertEquals(List.of("/sys/fs/cgroup"), candidates("/sys/fs/cgroup/old", unified("/old"), unified("/")));
        assertEquals(List.of("/sys/fs/cgroup/cpu.stat"), candidates("/sys/fs/cgroup/old/cpu.stat", unified("/old"), unified("/")));
    }

    @Test
    void a_file_of_the_parent_has_no_counterpart_where_we_are_at_the_top() {
        assertEquals(List.of(), candidates("/sys/fs/cgroup/cpu.stat", unified("/old"), unified("/")));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            "/sys/fs/cgroup/cpu,cpuacct/c/cpuacct.usage",   "/sys/fs/cgroup/cpu,cpuacct/c2/cpuacct.usage"
            /sys/fs/cgroup/memory/m/memory.usage_in_bytes,  /sys/fs/cgroup/memory/m2/memory.usage_in_bytes
            /sys/fs/cgroup/memory/m/w/cgroup.procs,         /sys/fs/cgroup/memory/m2/w/cgroup.procs
            /sys/fs/cgroup/systemd/n/cgroup.procs,          /sys/fs/cgroup/systemd/n2/cgroup.procs
            /sys/fs/cgroup/unified/u/cgroup.events,         /sys/fs/cgroup/unified/u2/cgroup.events
            /sys/fs/cgroup/x,                               unknown
            /var/lib/memory.usage_in_bytes,                 unknown
            """)
    void each_hierarchy_has_a_cgroup_of_its_own(String path, String expected) {
        assertEquals(expected, exact(path, hybrid("/c", "/m", "/n", "/u"), hybrid("/c2", "/m2", "/n2", "/u2")));
    }

    @Test
    void controllers_that_are_mounted_together_are_known_in_any_order_and_under_any_name() {
        CgroupFiles.View dumped = view("5:cpuacct,cpu:/old", "28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct");
        CgroupFiles.View now = view("7:cpu,cpuacct:/new", "28 25 0:25 / /cg/cpuacct rw - cgroup cpuacct rw,cpuacct,cpu,release_agent=/sbin/x");
        assertEquals("/cg/cpuacct/new/cpu.shares", exact("/sys/fs/cgroup/cpu,cpuacct/old/cpu.shares", dumped, now));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            'rw,seclabel,memory'
            'ro,memory'
            'rw,xattr,memory,clone_children'
            'rw,context="system_u:object_r:cgroup_t:s0",memory'
            """)
    void flags_of_a_mount_are_no_controllers(String superOptions) {
        CgroupFiles.View now = view("4:memory:/new", "29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup " + superOptions);
        assertEquals("/sys/fs/cgroup/memory/new/tasks", exact("/sys/fs/cgroup/memory/m/tasks", hybrid("/c", "/m", "/n", "/u"), now));
    }

    @Test
    void a_file_of_version_1_has_no_counterpart_on_a_host_with_version_2_only() {
        assertEquals("unknown", exact("/sys/fs/cgroup/memory/m/memory.usage_in_bytes", hybrid("/c", "/m", "/n", "/u"), unified("/new")));
    }

    @Test
    void the_unified_hierarchy_is_found_at_another_mount_point() {
        assertEquals("/sys/fs/cgroup/new/cgroup.events",
                exact("/sys/fs/cgroup/unified/u/cgroup.events", hybrid("/c", "/m", "/n", "/u"), unified("/new")));
        assertEquals("/sys/fs/cgroup/unified/u/cpu.stat", exact("/sys/fs/cgroup/old/cpu.stat", unified("/old"), hybrid("/c", "/m", "/n", "/u")));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            # root and cgroup then    root and cgroup now        path                              expected
            /docker/old, /docker/old,     /docker/new, /docker/new,     /sys/fs/cgroup/cpu.stat,     /sys/fs/cgroup/cpu.stat
            /docker/old, /docker/old/app, /docker/new, /docker/new/app, /sys/fs/cgroup/app/cpu.stat, /sys/fs/cgroup/app/cpu.stat
            /docker/old, /docker/old/app, /docker/new, /docker/new,     /sys/fs/cgroup/app/cpu.stat, /sys/fs/cgroup/cpu.stat
            /docker/old, /docker/old,     /,           /system/x,       /sys/fs/cgroup/cpu.stat,     /sys/fs/cgroup/system/x/cpu.stat
            /,           /system/x,       /docker/new, /docker/new,     /sys/fs/cgroup/system/x/w/cpu.stat, /sys/fs/cgroup/w/cpu.stat
            /docker/old, /docker/old/app, /docker/new, /docker/new,     /sys/fs/cgroup/cpu.stat,     unknown
            /,           /system/x,       /docker/new, /system/y,       /sys/fs/cgroup/system/x/cpu.stat, unknown
            """)
    void a_bind_mount_shows_what_is_below_its_root(String oldRoot, String oldCgroup, String newRoot, String newCgroup, String path,
            String expected) {
        assertEquals(expected, exact(path, mounted(oldRoot, oldCgroup), mounted(newRoot, newCgroup)));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            # a namespace whose root is mounted: paths are relative to it
            /,      /,        /,      /new,     /sys/fs/cgroup/cpu.stat,     /sys/fs/cgroup/new/cpu.stat
            /,      /app,     /,      /new,     /sys/fs/cgroup/app/cpu.stat, /sys/fs/cgroup/new/cpu.stat
            # a mount from outside: where we are in it is hidden, and its top is not our cgroup
            /,      /old,     /..,    /,        /sys/fs/cgroup/old/cpu.stat, unknown
            /,      /old,     /../.., /,        /sys/fs/cgroup/old/cpu.stat, unknown
            /../.., /,        /,      /new,     /sys/fs/cgroup/a/b/cpu.stat, unknown
            # a process beside the root of the namespace: then its name is told
            /..,    /../old,  /..,    /../new,  /sys/fs/cgroup/old/cpu.stat, /sys/fs/cgroup/new/cpu.stat
            /..,    /../old,  /,      /new,     /sys/fs/cgroup/old/cpu.stat, /sys/fs/cgroup/new/cpu.stat
            /,      /old,     /../.., /../../x, /sys/fs/cgroup/old/cpu.stat, /sys/fs/cgroup/x/cpu.stat
            /,      /old,     /,      /../new,  /sys/fs/cgroup/old/cpu.stat, unknown
            /,      /old,     /../.., /../new,  /sys/fs/cgroup/old/cpu.stat, unknown
            """)
    void what_a_cgroup_namespace_hides_is_not_guessed(String oldRoot, String oldCgroup, String newRoot, String newCgroup, String path,
            String expected) {
        assertEquals(expected, exact(path, mounted(oldRoot, oldCgroup), mounted(newRoot, newCgroup)));
    }

    @Test
    void a_mount_that_shows_our_cgroup_is_preferred_to_one_at_the_old_place() {
        CgroupFiles.View now = view("0::/new", """
                30 24 0:26 /other /sys/fs/cgroup rw - cgroup2 cgroup rw
                31 24 0:26 / /host/cgroup rw - cgroup2 cgroup rw""");
        assertEquals("/host/cgroup/new/cpu.stat", exact("/sys/fs/cgroup/old/cpu.stat", unified("/old"), now));
    }

    @Test
    void of_two_mounts_with_our_cgroup_the_one_at_the_old_place_is_taken() {
        CgroupFiles.View now = view("0::/new", """
                31 24 0:26 / /host/cgroup rw - cgroup2 cgroup rw
                30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw""");
        assertEquals("/sys/fs/cgroup/new/cpu.stat", exact("/sys/fs/cgroup/old/cpu.stat", unified("/old"), now));
    }

    @Test
    void a_mount_hides_an_earlier_one_at_the_same_place() {
        CgroupFiles.View dumped = view("0::/docker/old", """
                30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw
                31 30 0:26 /docker/old /sys/fs/cgroup rw - cgroup2 cgroup rw""");
        assertEquals("/sys/fs/cgroup/new/cpu.stat", exact("/sys/fs/cgroup/cpu.stat", dumped, unified("/new")));
    }

    @Test
    void an_inner_mount_is_meant_by_the_paths_below_it() {
        CgroupFiles.View dumped = view("0::/old\n4:memory:/m", """
                30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw
                31 30 0:27 / /sys/fs/cgroup/v1/memory rw - cgroup memory rw,memory""");
        CgroupFiles.View now = hybrid("/c", "/m2", "/n", "/u");
        assertEquals("/sys/fs/cgroup/memory/m2/tasks", exact("/sys/fs/cgroup/v1/memory/m/tasks", dumped, now));
        assertTrue(CgroupFiles.isCgroupFile("/sys/fs/cgroup/v1/memory/m/tasks", dumped));
        assertFalse(CgroupFiles.isCgroupFile("/sys/fs/cgroup", dumped));
        assertFalse(CgroupFiles.isCgroupFile("/sys/fs/cgroups/x", dumped));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /blue,        /sys/fs/cgroup/blue/w/cpu.stat
            /blue/,       /sys/fs/cgroup/blue/w/cpu.stat
            /blue/green,  /sys/fs/cgroup/blue/green/w/cpu.stat
            /,            /sys/fs/cgroup/w/cpu.stat
            auto,         /sys/fs/cgroup/new/w/cpu.stat
            original,     unknown
            """)
    void the_user_can_name_the_cgroup(String choice, String expected) {
        List<String> found = CgroupFiles.candidates("/sys/fs/cgroup/old/w/cpu.stat", unified("/old"), unified("/new"), CgroupChoice.parse(choice));
        assertEquals(expected, found.isEmpty() ? "unknown" : found.get(0));
    }

    @Test
    void a_named_cgroup_is_found_in_a_mount_from_outside_of_the_namespace() {
        List<String> found = CgroupFiles.candidates("/sys/fs/cgroup/old/cpu.stat", unified("/old"), mounted("/../..", "/"), CgroupChoice.parse("/a/b"));
        assertEquals("/sys/fs/cgroup/a/b/cpu.stat", found.get(0));
    }

    @Test
    void a_cgroup_name_starts_with_a_slash() {
        assertEquals("a cgroup path starts with /: blue",
                assertThrows(IllegalArgumentException.class, () -> CgroupChoice.parse("blue")).getMessage());
        assertThrows(IllegalArgumentException.class, () -> CgroupChoice.parse(""));
    }
}
