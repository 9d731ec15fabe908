package dev.thaw.rehearse;

import dev.thaw.rehearse.TreeView.Descriptor;
import dev.thaw.rehearse.TreeView.Place;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A tree as it was dumped against the tree that was restored. Pure. */
final class TreeComparison {
    private final TreeView before;
    private final TreeView after;
    private final TreeView running;
    private final Set<String> replaced;
    private final Map<String, String> moved;
    private final boolean otherTerminal;

    /**
     * @param after as it stood before its first instruction; criu has descriptors of its own in there still
     * @param running the same a moment later: what was not in the image and is there now as well was left in it
     * @param replaced paths at which there is another file now: its offset may be another
     * @param moved directories to those whose files take the place of theirs, as when a cgroup is gone
     */
    TreeComparison(TreeView before, TreeView after, TreeView running, Set<String> replaced, Map<String, String> moved, boolean otherTerminal) {
        this.before = before;
        this.after = after;
        this.running = running;
        this.replaced = Set.copyOf(replaced);
        this.moved = Map.copyOf(moved);
        this.otherTerminal = otherTerminal;
    }

    List<Observation> observations() {
        List<Observation> all = new ArrayList<>();
        all.add(observation("processes", count(before.processes().size(), "process", "processes"), processes()));
        all.addAll(ofDescriptors(true));
        return all;
    }

    /** Where there are no processes to compare. @param sharingKnown whether it is known which descriptors were one open file description */
    List<Observation> ofDescriptors(boolean sharingKnown) {
        return List.of(
                observation("descriptors", count(before.descriptors().size(), "descriptor", "descriptors"), descriptors()),
                !sharingKnown ? Observation.notTried("shared descriptors", "kcmp(2) is not permitted here")
                        : observation("shared descriptors", count(before.shared().size(), "open file description", "open file descriptions") + " with several descriptors",
                        sets(before.shared(), after.shared(), "were one open file description")),
                observation("pipes", count(before.pipes().size(), "pipe", "pipes") + " with several descriptors", sets(before.pipes(), after.pipes(), "were one pipe")));
    }

    private static String count(int number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }

    private static Observation observation(String name, String what, List<String> wrong) {
        return wrong.isEmpty() ? Observation.held(name, what + ", as before")
                : Observation.not(name, wrong.size() + " of " + what + " differ", wrong, "thaw plan IMAGE --explain, for who decided it (--image keeps it)");
    }

    private List<String> processes() {
        List<String> wrong = new ArrayList<>();
        Set<Integer> pids = new TreeSet<>(before.processes().keySet());
        pids.addAll(after.processes().keySet());
        for (int pid : pids) {
            compare(wrong, "pid " + pid, before.processes().get(pid), after.processes().get(pid));
        }
        return wrong;
    }

    private List<String> descriptors() {
        List<String> wrong = new ArrayList<>();
        Set<Place> places = new LinkedHashSet<>(before.places());
        after.places().stream().filter(this::isLeft).forEach(places::add);
        for (Place place : places) {
            compare(wrong, place.toString(), comparable(atNewPlace(before.descriptors().get(place))), comparable(after.descriptors().get(place)));
        }
        return wrong;
    }

    private boolean isLeft(Place place) {
        Descriptor held = after.descriptors().get(place);
        Descriptor now = running.descriptors().get(place);
        return now != null && now.kind().equals(held.kind()) && now.path().equals(held.path());
    }

    private Descriptor atNewPlace(Descriptor one) {
        return one == null ? null : moved.entrySet().stream().filter(move -> one.path().startsWith(move.getKey() + "/")).findFirst()
                .map(move -> one.at(move.getValue() + one.path().substring(move.getKey().length()))).orElse(one);
    }

    private Descriptor comparable(Descriptor one) {
        return one == null || !replaced.contains(one.path()) ? one : new Descriptor(one.kind(), one.path(), one.access(), one.appends(), -1);
    }

    private static void compare(List<String> wrong, String what, Object before, Object after) {
        if (before == null) {
            wrong.add(what + " is there, and was not: " + after);
        } else if (after == null) {
            wrong.add(what + " is gone: " + before);
        } else if (!before.equals(after)) {
            wrong.add(what + " was " + before + ", and is " + after);
        }
    }

    private List<String> sets(Set<Set<Place>> were, Set<Set<Place>> are, String what) {
        List<String> wrong = new ArrayList<>();
        for (Set<Place> set : were) {
            boolean terminal = otherTerminal && set.stream().map(before.descriptors()::get).anyMatch(one -> one != null && one.kind().equals("tty"));
            if (!terminal && are.stream().noneMatch(now -> now.containsAll(set))) {
                wrong.add(String.join(", ", set.stream().map(Place::toString).sorted().toList()) + " " + what + ", and are not");
            }
        }
        return wrong;
    }
}
