package dev.thaw.image;

import dev.thaw.image.FileImage.PipeEnd;
import dev.thaw.image.FileImage.UnixSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Everything thaw knows of an images directory. Each descriptor refers to a file that is here, each task's table is here, and each task but
 * the root comes after its parent; other references (mappings, terminals, memfds) are as the image has them.
 *
 * @param directory where it was read
 * @param tasks root first, parents before children
 * @param tables descriptors by {@link TaskImage#filesId()}, in ascending order
 * @param ttys by {@link FileImage.Tty#infoId()}
 * @param memfds by {@link FileImage.Memfd#inodeId()}
 * @param pipeData unread bytes by pipe id; the arrays must not be written to
 * @param fifoData unread bytes of named pipes by pipe id; the arrays must not be written to
 * @param mounts empty when no mount namespace was dumped
 * @param imageFiles names of the files {@code *.img} in the directory
 * @param totalBytes of these files
 * @param queuedSocketIds ids of sockets with messages that were sent and not read
 * @param filesInFlight ids of files whose descriptors are in such messages (SCM_RIGHTS); they need not be in any table
 * @param index what the queries look up
 */
public record ImageSnapshot(String directory, Inventory inventory, List<TaskImage> tasks, Map<FileId, FileImage> files,
                            Map<Integer, List<DescriptorImage>> tables, Map<Integer, TtyInfo> ttys, Map<Integer, MemfdInfo> memfds,
                            Map<Long, byte[]> pipeData, Map<Long, byte[]> fifoData, List<MountImage> mounts, CgroupImage cgroups,
                            List<RemapImage> remaps, List<FileLockImage> locks, List<NamespaceImage> namespaces, Set<String> imageFiles,
                            long totalBytes, Set<Integer> queuedSocketIds, Set<Integer> filesInFlight,
                            SnapshotIndex index) {

    public ImageSnapshot {
        tasks = List.copyOf(tasks);
        files = Collections.unmodifiableMap(files);
        tables = Collections.unmodifiableMap(tables);
        ttys = Collections.unmodifiableMap(ttys);
        memfds = Collections.unmodifiableMap(memfds);
        pipeData = Collections.unmodifiableMap(pipeData);
        fifoData = Collections.unmodifiableMap(fifoData);
        mounts = List.copyOf(mounts);
        remaps = List.copyOf(remaps);
        locks = List.copyOf(locks);
        namespaces = List.copyOf(namespaces);
        imageFiles = Collections.unmodifiableSet(imageFiles);
        queuedSocketIds = Set.copyOf(queuedSocketIds);
        filesInFlight = Set.copyOf(filesInFlight);
    }

    /**
     * Of a tree that was not dumped: there is no directory, and there are no images.
     *
     * @param unread bytes of pipes and FIFOs by pipe id
     */
    public static ImageSnapshot ofLiving(Inventory inventory, List<TaskImage> tasks, Map<FileId, FileImage> files, Map<Integer, List<DescriptorImage>> tables,
            Map<Integer, TtyInfo> ttys, Map<Integer, MemfdInfo> memfds, Map<Long, byte[]> unread, List<MountImage> mounts, List<FileLockImage> locks,
            Set<Integer> queuedSocketIds) {
        return new ImageSnapshot("", inventory, tasks, files, tables, ttys, memfds, unread, unread, mounts, CgroupImage.NONE, List.of(), locks, List.of(),
                Set.of(), 0, queuedSocketIds, Set.of(), SnapshotIndex.of(tasks, files, tables));
    }

    public TaskImage root() {
        return tasks.get(0);
    }

    /** Kinds of namespaces that the root had to itself, as criu saw it: pid, net, ipc and so on. */
    public List<String> ownNamespaces() {
        return root().ids().otherThan(inventory.rootIds());
    }

    public Optional<TaskImage> task(int pid) {
        return Optional.ofNullable(index.tasks().get(pid));
    }

    /** Of a task without a table, a zombie, none. */
    public List<DescriptorImage> descriptors(TaskImage task) {
        return task.filesId().isPresent() ? tables.get(task.filesId().getAsInt()) : List.of();
    }

    /** Empty as well when there is no such process. */
    public Optional<DescriptorImage> descriptor(int pid, int fd) {
        TaskImage task = index.tasks().get(pid);
        List<DescriptorImage> table = task == null ? List.of() : descriptors(task);
        int low = 0;
        int high = table.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (table.get(middle).fd() < fd) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < table.size() && table.get(low).fd() == fd ? Optional.of(table.get(low)) : Optional.empty();
    }

    public FileImage file(DescriptorImage descriptor) {
        return files.get(descriptor.file());
    }

    public Optional<FileImage> file(FileId id) {
        return Optional.ofNullable(files.get(id));
    }

    /** The entry of this id that has a path. */
    public Optional<FileImage.RegularFile> regularFile(int id) {
        return files.get(new FileId(FdType.REGULAR, id)) instanceof FileImage.RegularFile file ? Optional.of(file) : Optional.empty();
    }

    /** The descriptors of all processes that refer to this file. */
    public List<DescriptorRef> references(FileId file) {
        return index.references().getOrDefault(file, List.of());
    }

    /** The processes that map this file, execute it, or have it as working or root directory; each once. */
    public List<Integer> pathReferences(FileId file) {
        return index.pathReferences().getOrDefault(file, List.of());
    }

    /** The entries of one pipe that some descriptor refers to; one direction only means that the other end was outside the tree. */
    public List<PipeEnd> pipeEnds(long pipeId) {
        return index.pipes().getOrDefault(pipeId, List.of());
    }

    /** The socket, or stand-in for one, that has this inode. */
    public Optional<UnixSocket> unixSocket(long inode) {
        return Optional.ofNullable(index.unixSockets().get(inode));
    }

    public Optional<UnixSocket> peer(UnixSocket socket) {
        return socket.peer() == 0 ? Optional.empty() : unixSocket(socket.peer());
    }

    public Optional<TtyInfo> tty(FileImage.Tty tty) {
        return Optional.ofNullable(ttys.get(tty.infoId()));
    }

    public Optional<MemfdInfo> memfd(FileImage.Memfd memfd) {
        return Optional.ofNullable(memfds.get(memfd.inodeId()));
    }

    /** The cgroups of a task; empty when all were those of criu, which are not recorded. */
    public List<CgroupImage.Controller> cgroups(TaskImage task) {
        OptionalInt set = task.cgroupSet();
        return set.isPresent() ? cgroups.sets().getOrDefault(set.getAsInt(), List.of()) : List.of();
    }

    public boolean hasSocketQueues() {
        return !queuedSocketIds.isEmpty();
    }

    /** Pids and thread ids that restore needs free, in the order of the tree. */
    public List<Integer> processAndThreadIds() {
        List<Integer> ids = new ArrayList<>();
        for (TaskImage task : tasks) {
            ids.add(task.pid());
            for (int thread : task.threads()) {
                if (thread != task.pid()) {
                    ids.add(thread);
                }
            }
        }
        return ids;
    }

    /** The largest id, unsigned, that any file entry has; an entry that is added takes a larger one. */
    public int largestFileId() {
        int largest = 0;
        for (FileId id : files.keySet()) {
            if (Integer.compareUnsigned(id.id(), largest) > 0) {
                largest = id.id();
            }
        }
        return largest;
    }

    /** Files that descriptors refer to, each with its references, in the order of processes and descriptors. */
    public Map<FileId, List<DescriptorRef>> openFiles() {
        return index.references();
    }
}
