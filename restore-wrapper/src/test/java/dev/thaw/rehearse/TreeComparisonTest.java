package dev.thaw.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.rehearse.TreeView.Descriptor;
import dev.thaw.rehearse.TreeView.Place;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class TreeComparisonTest {
    private static final Place LOG = new Place(100, 3);
    private static final Place SAME = new Place(100, 4);
    private static final Descriptor AT_5 = new Descriptor("file", "/log", "write", true, 5);
    private static final Descriptor AT_9 = new Descriptor("file", "/log", "write", true, 9);

    @Test
    void the_same_tree_holds_in_all() {
        TreeView tree = tree(Map.of(LOG, AT_5), Set.of());
        assertTrue(compared(tree, tree, tree, Set.of()).stream().allMatch(Observation::held));
    }

    @Test
    void an_offset_that_differs_is_told_unless_the_file_was_replaced() {
        TreeView before = tree(Map.of(LOG, AT_5), Set.of());
        TreeView after = tree(Map.of(LOG, AT_9), Set.of());
        assertEquals(List.of("fd 3 of pid 100 was file /log, write append, offset 5, and is file /log, write append, offset 9"),
                descriptors(compared(before, after, after, Set.of())).because());
        assertTrue(descriptors(compared(before, after, after, Set.of("/log"))).held());
    }

    @Test
    void what_criu_has_open_while_it_holds_the_tree_is_not_counted_and_what_it_leaves_is() {
        TreeView before = tree(Map.of(LOG, AT_5), Set.of());
        Map<Place, Descriptor> more = new HashMap<>(Map.of(LOG, AT_5));
        more.put(new Place(100, 127), new Descriptor("file", "/run/restore.log", "write", true, 3));
        TreeView held = tree(more, Set.of());
        assertTrue(descriptors(compared(before, held, before, Set.of())).held());
        assertEquals(List.of("fd 127 of pid 100 is there, and was not: file /run/restore.log, write append, offset 3"),
                descriptors(compared(before, held, held, Set.of())).because());
    }

    @Test
    void the_same_file_of_the_cgroup_that_took_the_place_of_another_holds_and_another_file_does_not() {
        TreeView before = tree(Map.of(LOG, new Descriptor("file", "/cgroup/old/cpu.stat", "read", false, 0)), Set.of());
        TreeView same = tree(Map.of(LOG, new Descriptor("file", "/cgroup/new/cpu.stat", "read", false, 0)), Set.of());
        TreeView other = tree(Map.of(LOG, new Descriptor("file", "/cgroup/new/cpu.max", "read", false, 0)), Set.of());
        assertTrue(descriptors(compared(before, same, same, Set.of())).held());
        assertEquals(List.of("fd 3 of pid 100 was file /cgroup/new/cpu.stat, read, offset 0, and is file /cgroup/new/cpu.max, read, offset 0"),
                descriptors(compared(before, other, other, Set.of())).because());
    }

    @Test
    void descriptors_that_no_longer_share_are_told() {
        Map<Place, Descriptor> two = Map.of(LOG, AT_5, SAME, AT_5);
        List<Observation> compared = compared(tree(two, Set.of(Set.of(LOG, SAME))), tree(two, Set.of()), tree(two, Set.of()), Set.of());
        assertEquals(List.of("fd 3 of pid 100, fd 4 of pid 100 were one open file description, and are not"), compared.get(2).because());
        assertTrue(descriptors(compared).held());
    }

    @Test
    void a_process_that_is_gone_is_told() {
        TreeView after = new TreeView(Map.of(), Map.of(), Set.of(), Set.of());
        List<Observation> compared = compared(tree(Map.of(), Set.of()), after, after, Set.of());
        assertEquals(List.of("pid 100 is gone: app, child of 0, group 100, session 100, 1 threads"), compared.get(0).because());
    }

    private static Observation descriptors(List<Observation> all) {
        return all.get(1);
    }

    private static List<Observation> compared(TreeView before, TreeView after, TreeView running, Set<String> replaced) {
        return new TreeComparison(before, after, running, replaced, Map.of("/cgroup/old", "/cgroup/new"), false).observations();
    }

    private static TreeView tree(Map<Place, Descriptor> descriptors, Set<Set<Place>> shared) {
        return new TreeView(Map.of(100, new TreeView.Process(0, 100, 100, "app", 1)), descriptors, shared, Set.of());
    }
}
