package dev.thaw.rehearse;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Use;
import dev.thaw.rehearse.TreeView.Descriptor;
import dev.thaw.rehearse.TreeView.Place;
import dev.thaw.restore.StandIn.Arrival;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a stand-in got, as an observation, and as the part of a tree that its restore would make of it. Pure. */
final class Arrivals {
    private Arrivals() {}

    static Observation handover(List<Arrival> arrivals) {
        List<String> wrong = arrivals.stream().filter(arrival -> arrival.wrong().isPresent())
                .map(arrival -> where(arrival.handover()) + " would not get " + arrival.handover().opening().text() + ": " + arrival.wrong().get()).toList();
        if (!wrong.isEmpty()) {
            return Observation.not("handover", wrong.size() + " of " + arrivals.size() + " descriptors did not arrive at the stand-in", wrong);
        }
        if (arrivals.isEmpty()) {
            return Observation.held("handover", "there is nothing to hand over");
        }
        return Observation.held("handover", arrivals.size() + (arrivals.size() == 1 ? " descriptor" : " descriptors") + " opened, handed over, found again by the stand-in",
                arrivals.stream().map(Arrivals::text).toList());
    }

    private static String text(Arrival arrival) {
        DescriptorDescription got = arrival.got().orElseThrow();
        boolean file = got.kind().equals("file");
        return where(arrival.handover()) + ": " + arrival.handover().opening().text() + " as " + arrival.handover().inheritArgument() + " is " + got.kind() + " " + got.link()
                + ", inode " + got.inode() + ", " + got.access() + ((got.flags() & OpenFlags.O_APPEND) == 0 ? "" : " append") + (file ? ", offset " + got.position() : "")
                + ", " + arrival.evidence();
    }

    private static String where(Handover handover) {
        return handover.uses().get(0).text() + (handover.uses().size() > 1 ? " and " + (handover.uses().size() - 1) + " more" : "");
    }

    /** Of a tree what was handed over: descriptors, and sets of places of which at least one was. */
    static TreeView before(TreeView whole, List<Arrival> arrivals) {
        Set<Place> handed = new HashSet<>();
        arrivals.forEach(arrival -> handed.addAll(places(arrival)));
        Map<Place, Descriptor> descriptors = new HashMap<>(whole.descriptors());
        descriptors.keySet().retainAll(handed);
        // One that stays with CRIU while another of its description is handed over would be apart from it.
        Set<Set<Place>> shared = whole.shared().stream().filter(set -> set.stream().anyMatch(handed::contains)).collect(Collectors.toSet());
        Set<Set<Place>> pipes = whole.pipes().stream().map(set -> set.stream().filter(handed::contains).collect(Collectors.toSet()))
                .filter(set -> set.size() > 1).collect(Collectors.toSet());
        return new TreeView(Map.of(), descriptors, shared, pipes);
    }

    /** The same as it would be after a restore: at each place what the stand-in has. */
    static TreeView after(List<Arrival> arrivals) {
        Map<Place, Descriptor> descriptors = new HashMap<>();
        Set<Set<Place>> shared = new LinkedHashSet<>();
        Map<String, Set<Place>> pipes = new HashMap<>();
        for (Arrival arrival : arrivals) {
            Set<Place> places = places(arrival);
            shared.add(places);
            arrival.got().ifPresent(got -> {
                places.forEach(place -> descriptors.put(place, TreeViews.descriptor(got)));
                pipes.computeIfAbsent(got.link(), none -> new HashSet<>()).addAll(places);
            });
        }
        return new TreeView(Map.of(), descriptors, shared, new HashSet<>(pipes.values()));
    }

    private static Set<Place> places(Arrival arrival) {
        return arrival.handover().uses().stream().filter(use -> use.kind() == Use.Kind.DESCRIPTOR)
                .flatMap(use -> use.pids().stream().map(pid -> new Place(pid, use.fd()))).collect(Collectors.toSet());
    }
}
