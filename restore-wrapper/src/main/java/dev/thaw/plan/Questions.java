package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What the planner has to know of the world: the shell answers, then {@link RestorePlanner} decides. */
public final class Questions {
    private Questions() {}

    /** Paths whose type, size and mode matter. */
    public static Set<String> paths(ImageSnapshot image, RestoreOptions options, Optional<CgroupFiles.View> recorded, CgroupFiles.View now) {
        Set<String> found = new LinkedHashSet<>();
        for (FileImage file : image.files().values()) {
            String path = file instanceof FileImage.RegularFile regular ? regular.path()
                    : file instanceof FileImage.Fifo fifo ? fifo.file().path()
                    : file instanceof FileImage.UnixSocket socket && socket.isExternPlaceholder() ? socket.name() : "";
            if (path.startsWith("/")) {
                found.add(path);
                found.add(Openings.parent(path));
            }
        }
        for (Source source : sources(options)) {
            if (source instanceof Source.Open open) {
                found.add(open.path());
                found.add(Openings.parent(open.path()));
            }
        }
        CgroupFiles.View dumped = DumpedCgroups.of(image, recorded, now);
        for (String path : List.copyOf(found)) {
            found.addAll(CgroupFiles.candidates(path, dumped, now, options.cgroup()));
        }
        found.addAll(CgroupPlacement.directories(image, recorded, now, options.cgroup()));
        found.add("/dev/null");
        return found;
    }

    /** Numbers of thaw's own descriptors that may become sources. */
    public static Set<Integer> ownDescriptors(ImageSnapshot image, RestoreOptions options) {
        Set<Integer> found = new TreeSet<>(List.of(0, 1, 2));
        for (Source source : sources(options)) {
            if (source instanceof Source.Descriptor descriptor) {
                found.add(descriptor.number());
            }
        }
        for (Rule rule : options.rules()) {
            if (!(rule.action() instanceof Rule.Action.From from) || !(from.source() instanceof Source.Inherit)) {
                continue;
            }
            if (rule.selector() instanceof Selector.Descriptor descriptor) {
                found.add(descriptor.fd());
            } else {
                image.tables().values().forEach(table -> table.forEach(descriptor -> found.add(descriptor.fd())));
            }
        }
        return found;
    }

    /** True when a rule names the broker. */
    public static boolean asksBroker(RestoreOptions options) {
        return Search.any(sources(options), Source.Broker.class::isInstance);
    }

    /**
     * Every pid, thread id, session and process group that CRIU takes again, in ascending order: for leaders that had ended it starts
     * helpers with their numbers (criu/pstree.c, prepare_pstree_ids).
     */
    public static List<Integer> numbers(ImageSnapshot image) {
        Set<Integer> found = new TreeSet<>();
        for (TaskImage task : image.tasks()) {
            found.add(task.pid());
            // criu leaves garbage in the thread list of a process that had ended.
            if (!task.state().isEnded()) {
                found.addAll(task.threads());
            }
        }
        Set<Integer> leaders = new TreeSet<>();
        image.tasks().forEach(task -> leaders.addAll(List.of(task.session(), task.processGroup())));
        if (!image.root().isSessionLeader()) {
            // A shell job joins the session and the process group of criu (criu/pstree.c, prepare_pstree_for_shell_job).
            leaders.removeAll(List.of(image.root().session(), image.root().processGroup()));
        }
        found.addAll(leaders);
        // 0 stands for a leader outside of the pid namespace.
        found.remove(0);
        return List.copyOf(found);
    }

    private static List<Source> sources(RestoreOptions options) {
        List<Source> found = new java.util.ArrayList<>(options.streams().values());
        for (Rule rule : options.rules()) {
            if (rule.action() instanceof Rule.Action.From from) {
                found.add(from.source());
            }
        }
        return found;
    }
}
