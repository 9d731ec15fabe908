package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.thaw.image.CgroupImage;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DumpedCgroupsTest {
    private static final String HOST_MOUNTS = """
            26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
            28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
            29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory""";
    private static final CgroupFiles.View HOST = view("5:cpu,cpuacct:/now\n4:memory:/now\n0::/now", HOST_MOUNTS);

    private final ImageBuilder image = new ImageBuilder();
    private final TaskSpec root = image.task(100);
    private Map<Integer, List<CgroupImage.Controller>> recorded = Map.of();

    private static CgroupFiles.View view(String memberships, String mounts) {
        return new CgroupFiles.View(CgroupMembership.parse(memberships), MountInfo.parse(mounts));
    }

    private CgroupFiles.View dumped(CgroupFiles.View now) {
        return DumpedCgroups.of(Images.with(image.snapshot(), new CgroupImage(recorded)), Optional.empty(), now);
    }

    private static CgroupImage.Controller controller(String name, String path) {
        return new CgroupImage.Controller(name, path, 0);
    }

    private String place(String path, CgroupFiles.View now) {
        List<String> found = CgroupFiles.candidates(path, dumped(now), now, new CgroupChoice.Own());
        return found.isEmpty() ? "unknown" : found.get(0);
    }

    @Test
    void what_thaw_wrote_down_at_the_checkpoint_counts_first() {
        recorded = Map.of(7, List.of(controller("", "/criu")));
        root.cgroupSet(7);
        CgroupFiles.View manifest = view("0::/manifest", HOST_MOUNTS);
        assertSame(manifest, DumpedCgroups.of(image.snapshot(), Optional.of(manifest), HOST));
    }

    @Test
    void else_the_cgroups_that_criu_wrote_down() {
        recorded = Map.of(7, List.of(controller("", "/old/u"), controller("cpu,cpuacct", "/old/c"), controller("memory", "/old/m")),
                8, List.of(controller("", "/criu")));
        root.cgroupSet(7);
        assertEquals("/sys/fs/cgroup/unified/now/cgroup.events", place("/sys/fs/cgroup/unified/old/u/cgroup.events", HOST));
        assertEquals("/sys/fs/cgroup/cpu,cpuacct/now/cpu.shares", place("/sys/fs/cgroup/cpu,cpuacct/old/c/cpu.shares", HOST));
        assertEquals("/sys/fs/cgroup/memory/now/w/tasks", place("/sys/fs/cgroup/memory/old/m/w/tasks", HOST));
    }

    @Test
    void in_a_container_the_dumped_one_stood_where_ours_stands() {
        recorded = Map.of(7, List.of(controller("", "/docker/old/app")));
        root.cgroupSet(7);
        CgroupFiles.View container = view("0::/docker/new/app", "30 24 0:26 /docker/new /sys/fs/cgroup ro - cgroup2 cgroup rw");
        assertEquals("/sys/fs/cgroup/app/cpu.stat", place("/sys/fs/cgroup/app/cpu.stat", container));
        CgroupFiles.View atTop = view("0::/docker/new", "30 24 0:26 /docker/new /sys/fs/cgroup ro - cgroup2 cgroup rw");
        assertEquals("/sys/fs/cgroup/cpu.stat", place("/sys/fs/cgroup/app/cpu.stat", atTop));
    }

    @Test
    void what_lies_outside_of_the_dumped_cgroup_namespace_is_cut_off() {
        recorded = Map.of(7, List.of(new CgroupImage.Controller("", "/docker/öld/app", 12)));
        root.cgroupSet(7);
        CgroupFiles.View container = view("0::/new", "30 24 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw");
        assertEquals(List.of(":/app"), memberships(dumped(container)));
        assertEquals("/sys/fs/cgroup/new/cpu.stat", place("/sys/fs/cgroup/app/cpu.stat", container));
        recorded = Map.of(7, List.of(new CgroupImage.Controller("", "/docker/old", 11)));
        assertEquals(List.of(":/"), memberships(dumped(container)));
    }

    @Test
    void without_a_witness_the_directory_that_all_open_files_share_is_taken() {
        root.fd(3, image.regular("/sys/fs/cgroup/memory/old/pod/memory.usage_in_bytes")).fd(4, image.regular("/sys/fs/cgroup/memory/old/pod/w/tasks"))
                .fd(5, image.regular("/sys/fs/cgroup/cpu,cpuacct/old/cpu.shares"));
        assertEquals(List.of("cpu,cpuacct:/old", "memory:/old/pod"), memberships(dumped(HOST)));
        assertEquals("/sys/fs/cgroup/memory/now/w/tasks", place("/sys/fs/cgroup/memory/old/pod/w/tasks", HOST));
    }

    @Test
    void an_open_cgroup_directory_is_that_cgroup_and_not_its_parent() {
        root.fd(3, image.regular("/sys/fs/cgroup/unified/old")
                .mode(0040755)).fd(4, image.regular("/sys/fs/cgroup/unified/old/cgroup.events").mode(0100444));
        assertEquals(List.of(":/old"), memberships(dumped(HOST)));
        assertEquals("/sys/fs/cgroup/unified/now", place("/sys/fs/cgroup/unified/old", HOST));
        assertEquals("/sys/fs/cgroup/unified/now/cgroup.events", place("/sys/fs/cgroup/unified/old/cgroup.events", HOST));
    }

    @Test
    void files_of_cgroups_without_a_common_parent_leave_the_root_of_the_hierarchy() {
        root.fd(3, image.regular("/sys/fs/cgroup/unified/a/cpu.stat")).fd(4, image.regular("/sys/fs/cgroup/unified/ab/cpu.stat"));
        assertEquals(List.of(":/"), memberships(dumped(HOST)));
    }

    @Test
    void what_a_container_mount_shows_is_below_the_containers_own_cgroup() {
        root.fd(3, image.regular("/sys/fs/cgroup/app/cpu.stat"));
        CgroupFiles.View container = view("0::/docker/new", "30 24 0:26 /docker/new /sys/fs/cgroup ro - cgroup2 cgroup rw");
        assertEquals(List.of(":/docker/new/app"), memberships(dumped(container)));
        assertEquals("/sys/fs/cgroup/cpu.stat", place("/sys/fs/cgroup/app/cpu.stat", container));
    }

    @Test
    void without_cgroup_files_nothing_is_said() {
        root.fd(3, image.regular("/var/log/app.log"));
        assertEquals(List.of(), memberships(dumped(HOST)));
    }

    private static List<String> memberships(CgroupFiles.View view) {
        return view.memberships().stream().map(membership -> String.join(",", membership.controllers()) + ":" + membership.path()).toList();
    }
}
