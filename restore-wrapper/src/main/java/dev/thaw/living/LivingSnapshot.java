package dev.thaw.living;

import dev.thaw.checkpoint.FdExtras.Lock;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.image.Credentials;
import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FileId;
import dev.thaw.image.FileLockImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Inventory;
import dev.thaw.image.MountImage;
import dev.thaw.image.NamespaceIds;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.OpenFlags;
import dev.thaw.living.LivingTree.File;
import dev.thaw.living.LivingTree.Open;
import dev.thaw.living.LivingTree.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * From a tree that stands still to the snapshot that {@link dev.thaw.image.ImagesDirectory} would read from its images, as far as a plan needs it.
 * Without what only a dump finds out: descriptors in messages that nobody has received, who gets SIGIO, what criu links again. Pure.
 */
public final class LivingSnapshot {
    private static final int IMAGE_VERSION = 2;
    private static final int NO_NETWORK_LOCK = 2;
    private static final Map<String, Integer> LOCK_KINDS = Map.of("POSIX", 1, "FLOCK", 2, "OFDLCK", 4, "LEASE", 8);

    private final LivingTree tree;
    private final LivingFiles files;
    private final Map<File, FileId> paths = new HashMap<>();
    private final Map<String, Integer> namespaces = new HashMap<>();

    private LivingSnapshot(LivingTree tree) {
        this.tree = tree;
        this.files = new LivingFiles(tree);
    }

    /** @param tree its descriptors and processes are those of its scan */
    public static ImageSnapshot of(LivingTree tree) {
        return new LivingSnapshot(tree).snapshot();
    }

    private ImageSnapshot snapshot() {
        Map<Integer, List<DescriptorImage>> tables = new LinkedHashMap<>();
        List<FileLockImage> locks = new ArrayList<>();
        List<ScannedProcess> processes = inOrder();
        for (ScannedProcess process : processes) {
            if (!process.isZombie()) {
                tables.putIfAbsent(tree.processes().get(process.pid()).table(), table(process));
                process.descriptors().forEach(descriptor -> descriptor.extras().locks().forEach(lock -> locks.add(lock(process, descriptor, lock))));
            }
        }
        files.addPeers();
        List<TaskImage> tasks = processes.stream().map(this::task).toList();
        return ImageSnapshot.ofLiving(inventory(), tasks, files.files(), tables, files.ttys(), files.memfds(), tree.unread(), mounts(), locks, files.queued());
    }

    /** As criu writes them: each process, all below it, then the next one. */
    private List<ScannedProcess> inOrder() {
        Map<Integer, List<ScannedProcess>> children = new HashMap<>();
        tree.scan().processes().forEach(process -> children.computeIfAbsent(process.parentPid(), none -> new ArrayList<>()).add(process));
        List<ScannedProcess> order = new ArrayList<>();
        addInOrder(tree.scan().root(), children, order);
        return order;
    }

    private static void addInOrder(ScannedProcess process, Map<Integer, List<ScannedProcess>> children, List<ScannedProcess> order) {
        order.add(process);
        children.getOrDefault(process.pid(), List.of()).forEach(child -> addInOrder(child, children, order));
    }

    private List<DescriptorImage> table(ScannedProcess process) {
        List<DescriptorImage> table = new ArrayList<>();
        for (ScannedDescriptor descriptor : process.descriptors()) {
            Open open = tree.descriptors().get(new Place(process.pid(), descriptor.fd()));
            table.add(new DescriptorImage(descriptor.fd(), files.of(process, descriptor, open), (open.flags() & OpenFlags.O_CLOEXEC) != 0));
        }
        return List.copyOf(table);
    }

    private static FileLockImage lock(ScannedProcess process, ScannedDescriptor descriptor, Lock lock) {
        return new FileLockImage(LOCK_KINDS.getOrDefault(lock.kind(), 0), 0, process.pid(), descriptor.fd(), 0, 0);
    }

    private TaskImage task(ScannedProcess process) {
        boolean root = process.pid() == tree.scan().root().pid();
        int parent = root ? 0 : process.parentPid();
        if (process.isZombie()) {
            return new TaskImage(process.pid(), parent, process.processGroup(), process.session(), List.of(process.pid()), TaskImage.State.DEAD, process.command(),
                    OptionalInt.empty(), OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(0),
                    NamespaceIds.NONE, Optional.empty(), List.of(), false, 0, TaskImage.NO_LOGIN);
        }
        LivingTree.Process living = tree.processes().get(process.pid());
        return new TaskImage(process.pid(), parent, process.processGroup(), process.session(), process.threads(),
                living.stopped() ? TaskImage.State.STOPPED : TaskImage.State.ALIVE, process.command(), OptionalInt.of(living.table()), id(living.executable()),
                ids(living, false), id(living.directory()), id(living.root()), OptionalInt.empty(), OptionalInt.empty(), namespaceIds(process.namespaces()),
                Optional.of(credentials(process)), ids(living, true), false, 0, TaskImage.NO_LOGIN);
    }

    private List<Integer> ids(LivingTree.Process process, boolean memoryFiles) {
        return process.mapped().stream().filter(file -> file.memoryFile().isPresent() == memoryFiles).map(file -> id(file).getAsInt()).distinct().toList();
    }

    /** One entry for each file, however many processes have it. */
    private OptionalInt id(File file) {
        return OptionalInt.of(paths.computeIfAbsent(file, files::add).id());
    }

    private static Credentials credentials(ScannedProcess process) {
        List<Integer> uids = process.uids();
        List<Integer> gids = process.gids();
        return new Credentials(uids.get(0), gids.get(0), uids.get(1), gids.get(1), uids.get(2), gids.get(2), uids.get(3), gids.get(3), List.of(), 0, 0,
                Optional.empty());
    }

    private NamespaceIds namespaceIds(Map<String, String> of) {
        return new NamespaceIds(namespace(of, "pid"), namespace(of, "net"), namespace(of, "ipc"), namespace(of, "uts"), namespace(of, "mnt"), namespace(of, "user"),
                namespace(of, "cgroup"), namespace(of, "time"));
    }

    private int namespace(Map<String, String> of, String kind) {
        return of.containsKey(kind) ? namespaces.computeIfAbsent(of.get(kind), name -> namespaces.size() + 1) : 0;
    }

    private Inventory inventory() {
        return new Inventory(IMAGE_VERSION, Optional.empty(), tree.hasOption("--tcp-close"), NO_NETWORK_LOCK, 0, OptionalLong.empty(),
                tree.hasOption("--allow-uprobes"), 0, List.of(), namespaceIds(tree.scan().dumper().namespaces()));
    }

    /** criu dumps the mounts of a tree that has its own. */
    private List<MountImage> mounts() {
        String ours = tree.scan().dumper().namespaces().getOrDefault("mnt", "");
        if (tree.scan().root().namespace("mnt").equals(ours)) {
            return List.of();
        }
        return tree.scan().mounts().stream().map(mount -> new MountImage(mount.mountId(), mount.parentId(), 0, mount.root(), mount.mountPoint(), mount.source(),
                Optional.empty(), 0)).toList();
    }
}
