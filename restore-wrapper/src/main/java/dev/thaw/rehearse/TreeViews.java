package dev.thaw.rehearse;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.ProcessView;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcLink;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.rehearse.TreeView.Descriptor;
import dev.thaw.rehearse.TreeView.Place;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes {@link TreeView}s: of an image, and of a tree that stands still. */
final class TreeViews {

    private TreeViews() {}

    static TreeView of(Inspection image) {
        Map<Integer, TreeView.Process> processes = new LinkedHashMap<>();
        Map<Place, Descriptor> descriptors = new LinkedHashMap<>();
        Map<String, Set<Place>> shared = new HashMap<>();
        Map<String, Set<Place>> pipes = new HashMap<>();
        for (ProcessView process : image.processes()) {
            if (process.state().equals("dead") || process.state().equals("zombie")) {
                continue;
            }
            processes.put(process.pid(),
                    new TreeView.Process(process.parentPid(), process.processGroup(), process.session(), process.command(), process.threads()));
            for (DescriptorView one : process.descriptors()) {
                Place place = new Place(process.pid(), one.fd());
                descriptors.put(place, new Descriptor(one.kind(), path(one.kind(), one.link()), one.access(), one.flags().contains("O_APPEND"),
                        one.kind().equals("file") ? one.offset() : -1));
                // criu writes an entry for each description; of kinds that an image numbers apart, the number alone would mix them.
                shared.computeIfAbsent(one.kind() + one.description(), none -> new HashSet<>()).add(place);
                if (one.kind().equals("pipe")) {
                    pipes.computeIfAbsent(one.link(), none -> new HashSet<>()).add(place);
                }
            }
        }
        return new TreeView(processes, descriptors, groups(shared.values()), groups(pipes.values()));
    }

    /** @param tree pids, the root first */
    static TreeView ofLiving(List<Integer> tree) {
        Map<Integer, TreeView.Process> processes = new LinkedHashMap<>();
        Map<Place, Descriptor> descriptors = new LinkedHashMap<>();
        Map<String, List<Set<Place>>> shared = new HashMap<>();
        Map<String, Set<Place>> pipes = new HashMap<>();
        for (int pid : tree) {
            ProcessStat stat = ProcessStat.read(pid).orElse(null);
            if (stat == null || stat.isZombie()) {
                continue;
            }
            int parent = pid == tree.get(0) ? 0 : stat.parentPid();
            processes.put(pid, new TreeView.Process(parent, stat.processGroup(), stat.session(), stat.comm(), ProcessTable.threads(pid).size()));
            for (int fd : ProcessTable.descriptors(pid)) {
                DescriptorDescription one = DescriptorDescription.describeIfOpen(pid, fd).orElse(null);
                if (one == null) {
                    continue;
                }
                Place place = new Place(pid, fd);
                descriptors.put(place, descriptor(one));
                join(shared.computeIfAbsent(one.link() + "|" + one.flags(), none -> new ArrayList<>()), place);
                if (one.kind().equals("pipe")) {
                    pipes.computeIfAbsent(one.link(), none -> new HashSet<>()).add(place);
                }
            }
        }
        return new TreeView(processes, descriptors, groups(shared.values().stream().flatMap(List::stream).toList()), groups(pipes.values()));
    }

    static Descriptor descriptor(DescriptorDescription one) {
        return new Descriptor(one.kind(), path(one.kind(), one.link()), one.access(), (one.flags() & OpenFlags.O_APPEND) != 0,
                one.kind().equals("file") ? one.position() : -1);
    }

    private static void join(List<Set<Place>> sets, Place place) {
        for (Set<Place> set : sets) {
            Place first = set.iterator().next();
            if (isSame(first, place)) {
                set.add(place);
                return;
            }
        }
        sets.add(new HashSet<>(Set.of(place)));
    }

    private static boolean isSame(Place a, Place b) {
        try {
            return ProcessCalls.kcmpFile(a.pid(), a.fd(), b.pid(), b.fd()) == 0;
        } catch (LinuxException notAllowed) {
            return false;
        }
    }

    private static String path(String kind, String link) {
        if (!TreeView.WITH_PATH.contains(kind)) {
            return "";
        }
        return ProcLink.path(link);
    }

    private static Set<Set<Place>> groups(Collection<Set<Place>> all) {
        return all.stream().filter(set -> set.size() > 1).map(Set::copyOf).collect(Collectors.toSet());
    }
}
