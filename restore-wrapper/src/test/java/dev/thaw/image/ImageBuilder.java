package dev.thaw.image;

import static dev.thaw.image.ImageEncoding.bytes;
import static dev.thaw.image.ImageEncoding.image;
import static dev.thaw.image.ImageEncoding.magic;
import static dev.thaw.image.ImageEncoding.withHeader;

import com.google.protobuf.MessageLite;
import dev.thaw.image.proto.CgMember;
import dev.thaw.image.proto.CgSet;
import dev.thaw.image.proto.CgroupEntry;
import dev.thaw.image.proto.FdinfoEntry;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.FileLockEntry;
import dev.thaw.image.proto.InventoryEntry;
import dev.thaw.image.proto.MemfdInodeEntry;
import dev.thaw.image.proto.MntEntry;
import dev.thaw.image.proto.NetnsEntry;
import dev.thaw.image.proto.PipeDataEntry;
import dev.thaw.image.proto.PluginsEntry;
import dev.thaw.image.proto.RemapEntry;
import dev.thaw.image.proto.ScmEntry;
import dev.thaw.image.proto.SkPacketEntry;
import dev.thaw.image.proto.TtyInfoEntry;
import dev.thaw.linux.FileCalls;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes small images directories, in memory or on disk, in the format of criu itself.
 *
 * <pre>
 * ImageBuilder image = new ImageBuilder();
 * FileSpec log = image.regular("/var/log/app.log").flags(O_WRONLY | O_APPEND).size(10);
 * image.task(100).command("app").fd(0, image.regular("/dev/null")).fd(1, image.pipeWriter(81734)).fd(2, log);
 * image.task(101, 100).sharingFilesOf(100);
 * ImageSnapshot snapshot = image.snapshot();
 * </pre>
 */
public final class ImageBuilder {

    private final InventoryEntry.Builder inventory = InventoryEntry.newBuilder().setImgVersion(2)
        .setRootIds(TaskSpec.ids(1)).setDumpCriuRunId(bytes("00000000-0000-4000-8000-000000000000"));
    private final List<TaskSpec> tasks = new ArrayList<>();
    private final List<FileSpec> files = new ArrayList<>();
    private final Map<String, List<MessageLite>> lists = new LinkedHashMap<>();
    private final Map<String, ByteArrayOutputStream> queues = new LinkedHashMap<>();
    private final CgroupEntry.Builder cgroups = CgroupEntry.newBuilder();
    private final Map<String, byte[]> raw = new LinkedHashMap<>();
    private final List<String> removed = new ArrayList<>();
    private boolean before318;
    private int lastFileId;

    /** The root when it is the first, else a child of the root. A task has a session of its own until it is told otherwise. */
    public TaskSpec task(int pid) {
        return task(pid, tasks.isEmpty() ? 0 : tasks.get(0).pid());
    }

    public TaskSpec task(int pid, int parentPid) {
        TaskSpec task = new TaskSpec(this, pid, parentPid, tasks.size() + 1);
        tasks.add(task);
        return task;
    }

    TaskSpec byPid(int pid) {
        return tasks.stream().filter(task -> task.pid() == pid).findFirst().orElseThrow();
    }

    /** A file by path; read-only and at its start until told otherwise, without a recorded size and mode. */
    public FileSpec regular(String path) {
        return add(FileSpec.regular(nextFileId(), path));
    }

    public FileSpec pipeReader(long pipeId) {
        return add(FileSpec.pipe(nextFileId(), pipeId)).flags(0);
    }

    public FileSpec pipeWriter(long pipeId) {
        return add(FileSpec.pipe(nextFileId(), pipeId)).flags(1);
    }

    /** With an entry of its own for the path; open for reading and writing. */
    public FileSpec fifo(String path, long pipeId) {
        FileSpec file = regular(path).flags(2).mode(010600);
        return add(FileSpec.fifo(nextFileId(), pipeId, file.id().id()));
    }

    /** An unnamed, connected stream socket without a peer, until told otherwise. */
    public SocketSpec unix(long inode) {
        return (SocketSpec) add(SocketSpec.unix(nextFileId(), inode));
    }

    /** A TCP socket that listens on all addresses. */
    public SocketSpec listener(long inode, int port) {
        return (SocketSpec) add(SocketSpec.listener(nextFileId(), inode, port));
    }

    /** A pty slave with its node below /dev/pts, or the master; not the controlling terminal of any session. */
    public FileSpec pty(int index, boolean master) {
        return pty(index, master, 0);
    }

    /** @param session whose controlling terminal it is */
    public FileSpec pty(int index, boolean master, int session) {
        int infoId = index << 1 | (master ? 1 : 0);
        tty(TtyInfoEntry.newBuilder().setId(infoId).setType(TtyInfo.PTY).setLocked(false).setExclusive(false).setPacketMode(false)
            .setSid(session).setPgrp(session).setRdev(master ? 0x502 : 0x8800 + index).setDev(master ? 6 : 0x1a).build());
        FileSpec node = regular(master ? "/dev/ptmx" : "/dev/pts/" + index).flags(2).mode(020620);
        return add(FileSpec.tty(nextFileId(), infoId, node.id().id()));
    }

    /** A terminal dumped with {@code --external tty[RDEV:DEV]}. */
    public FileSpec externalTty(int infoId, long rdev, long device) {
        tty(TtyInfoEntry.newBuilder().setId(infoId).setType(TtyInfo.EXTERNAL).setLocked(false).setExclusive(false).setPacketMode(false)
            .setSid(0).setPgrp(0).setRdev((int) rdev).setDev((int) device).build());
        return add(FileSpec.tty(nextFileId(), infoId, -1));
    }

    private void tty(TtyInfoEntry info) {
        list("tty-info.img", info);
    }

    public FileSpec memfd(String name, int inodeId) {
        list("memfd.img", MemfdInodeEntry.newBuilder().setName(bytes(name)).setUid(0).setGid(0).setSize(4096).setShmid(inodeId).setSeals(0)
            .setInodeId(inodeId).setMode(0777).build());
        return add(FileSpec.memfd(nextFileId(), inodeId));
    }

    public FileSpec eventfd(long counter) {
        return add(FileSpec.eventfd(nextFileId(), counter));
    }

    /** An epoll instance that watches one descriptor. */
    public FileSpec eventpoll(int watchedFd) {
        return add(FileSpec.eventpoll(nextFileId(), watchedFd));
    }

    /** An entry of any kind, without the part that belongs to the kind. */
    public FileSpec other(int type) {
        return add(new FileSpec(FileEntry.newBuilder().setType(type).setId(nextFileId())));
    }

    private FileSpec add(FileSpec file) {
        files.add(file);
        return file;
    }

    private int nextFileId() {
        return ++lastFileId;
    }

    public ImageBuilder pipeData(long pipeId, String text) {
        queue("pipes-data.img", PipeDataEntry.newBuilder().setPipeId((int) pipeId).setBytes(text.length()).setSize(65536).build(), text);
        return this;
    }

    public ImageBuilder fifoData(long pipeId, String text) {
        queue("fifo-data.img", PipeDataEntry.newBuilder().setPipeId((int) pipeId).setBytes(text.length()).build(), text);
        return this;
    }

    /** A message that was sent to this socket. */
    public ImageBuilder queued(FileSpec socket, String text) {
        queue("sk-queues.img", SkPacketEntry.newBuilder().setIdFor(socket.id().id()).setLength(text.length()).build(), text);
        return this;
    }

    private void queue(String name, MessageLite entry, String text) {
        ByteArrayOutputStream out = queues.computeIfAbsent(name, key -> new ByteArrayOutputStream());
        ImageFrames.putEntry(out, entry.toByteArray());
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A message with descriptors of these files that nobody has received. */
    public ImageBuilder inFlight(FileSpec socket, FileSpec... files) {
        ScmEntry.Builder rights = ScmEntry.newBuilder().setType(1);
        for (FileSpec file : files) {
            rights.addRights(file.id().id());
        }
        queue("sk-queues.img", SkPacketEntry.newBuilder().setIdFor(socket.id().id()).setLength(1).addScm(rights).build(), "x");
        return this;
    }

    public ImageBuilder remap(FileSpec file, int remapId, RemapImage.Kind kind) {
        list("remap-fpath.img", RemapEntry.newBuilder().setOrigId(file.id().id()).setRemapId(remapId).setRemapType(kind.ordinal()).build());
        return this;
    }

    /** A flock(2) that excludes others. */
    public ImageBuilder lock(int pid, int fd) {
        list("filelocks.img", FileLockEntry.newBuilder().setFlag(2).setType(1).setPid(pid).setFd(fd).setStart(0).setLen(0).build());
        return this;
    }

    /** By fcntl(2), on all of the file. */
    public ImageBuilder posixLock(int pid, int fd) {
        list("filelocks.img", FileLockEntry.newBuilder().setFlag(1).setType(1).setPid(pid).setFd(fd).setStart(0).setLen(0).build());
        return this;
    }

    /** Adds to a cgroup set. */
    public ImageBuilder cgroup(int set, String controller, String path) {
        cgroups.addSets(CgSet.newBuilder().setId(set)
            .addCtls(CgMember.newBuilder().setName(bytes(controller)).setPath(bytes(path))));
        return this;
    }

    public ImageBuilder mount(int nsId, int mountId, int fsType, String mountPoint, String externalKey) {
        MntEntry.Builder entry = MntEntry.newBuilder().setFstype(fsType).setMntId(mountId).setParentMntId(1).setRoot(bytes("/"))
            .setMountpoint(bytes(mountPoint)).setSource(bytes("none"));
        list("mountpoints-" + nsId + ".img", (externalKey.isEmpty() ? entry : entry.setExtKey(bytes(externalKey))).build());
        return this;
    }

    public ImageBuilder externalNetNamespace(int nsId, String key) {
        list("netns-" + nsId + ".img", NetnsEntry.newBuilder().setExtKey(bytes(key)).build());
        return this;
    }

    public ImageBuilder imageVersion(int version) {
        inventory.setImgVersion(version);
        return this;
    }

    public ImageBuilder tcpClose() {
        inventory.setTcpClose(true);
        return this;
    }

    public ImageBuilder plugin(String name) {
        inventory.setPluginsEntry(PluginsEntry.newBuilder().addPlugins(bytes(name)));
        return this;
    }

    /** As criu 3.17 wrote: no run id, and the cgroup set of a task in its task part. */
    public ImageBuilder asOf317() {
        before318 = true;
        inventory.clearDumpCriuRunId();
        return this;
    }

    /** A file with these bytes, in place of the one that would be made. */
    public ImageBuilder file(String name, byte[] content) {
        raw.put(name, content);
        return this;
    }

    public ImageBuilder without(String name) {
        removed.add(name);
        return this;
    }

    private void list(String name, MessageLite entry) {
        lists.computeIfAbsent(name, key -> new ArrayList<>()).add(entry);
    }

    /** The content of each file of the directory. */
    public Map<String, byte[]> files() {
        Map<String, byte[]> out = new LinkedHashMap<>();
        out.put("inventory.img", image(ImageMagic.INVENTORY, List.of(inventory.build())));
        out.put("pstree.img", image(ImageMagic.PSTREE, tasks.stream().map(TaskSpec::pstree).toList()));
        for (TaskSpec task : tasks) {
            task.write(out, before318);
        }
        for (TaskSpec task : tasks) {
            if (!task.descriptors().isEmpty()) {
                List<FdinfoEntry> table = List.copyOf(task.descriptors().values());
                out.put("fdinfo-" + task.filesId() + ".img", image(ImageMagic.FDINFO, table));
            }
        }
        out.put("files.img", image(ImageMagic.FILES, files.stream().map(file -> file.entry.build()).toList()));
        lists.forEach((name, entries) -> out.put(name, image(magic(name), entries)));
        queues.forEach((name, entries) -> out.put(name, withHeader(magic(name), entries.toByteArray())));
        if (cgroups.getSetsCount() > 0) {
            out.put("cgroup.img", image(ImageMagic.CGROUP, List.of(cgroups.build())));
        }
        out.putAll(raw);
        out.keySet().removeAll(removed);
        return out;
    }

    /** What reading the directory would give, without a directory. */
    public ImageSnapshot snapshot() {
        return ImagesDirectory.decode(new MemoryFiles("images", files()));
    }

    /** What reading gives for one file. */
    FileImage decoded(FileSpec file) {
        if (tasks.isEmpty()) {
            task(1);
        }
        return snapshot().file(file.id()).orElseThrow();
    }

    /** Writes the files into a directory that exists. */
    public void writeTo(String directory) {
        files().forEach((name, content) -> FileCalls.writeFile(directory + "/" + name, content, 0600));
    }
}
