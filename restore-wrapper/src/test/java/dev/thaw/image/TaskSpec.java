package dev.thaw.image;

import dev.thaw.image.proto.CoreEntry;
import dev.thaw.image.proto.Creds;
import dev.thaw.image.proto.FdinfoEntry;
import dev.thaw.image.proto.FsEntry;
import dev.thaw.image.proto.KernelIds;
import dev.thaw.image.proto.MmEntry;
import dev.thaw.image.proto.PstreeEntry;
import dev.thaw.image.proto.TaskCore;
import dev.thaw.image.proto.ThreadCore;
import dev.thaw.image.proto.VmaEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One task of an {@link ImageBuilder}. */
public final class TaskSpec {

    private static final int ALIVE = 1;
    private static final int DEAD = 2;
    private static final int STOPPED = 3;
    private static final int FILE_PRIVATE = 0x40;
    private static final int FILE_SHARED = 0x80;
    private static final int MEMFD = 0x4000;
    private static final int FILTER = 2;

    private final ImageBuilder image;
    private final int pid;
    private final PstreeEntry.Builder tree;
    private final TaskCore.Builder core = TaskCore.newBuilder().setTaskState(ALIVE).setExitCode(0).setComm(ImageEncoding.bytes("app"));
    private final ThreadCore.Builder thread = ThreadCore.newBuilder().setSeccompMode(0);
    private final MmEntry.Builder mm = MmEntry.newBuilder().setExeFileId(0);
    private final FsEntry.Builder fs = FsEntry.newBuilder().setCwdId(0).setRootId(0);
    private final Map<Integer, FdinfoEntry> descriptors = new TreeMap<>();
    private final List<Integer> threads = new ArrayList<>();
    private final Set<Integer> filtered = new HashSet<>();
    private final Set<String> own = new HashSet<>();
    private int filesId;
    private int cgroupSet;

    TaskSpec(ImageBuilder image, int pid, int parentPid, int filesId) {
        this.image = image;
        this.pid = pid;
        this.filesId = filesId;
        tree = PstreeEntry.newBuilder().setPid(pid).setPpid(parentPid).setPgid(pid).setSid(pid);
        threads.add(pid);
        uid(0);
    }

    public int pid() {
        return pid;
    }

    int filesId() {
        return filesId;
    }

    Map<Integer, FdinfoEntry> descriptors() {
        return descriptors;
    }

    public TaskSpec fd(int fd, FileSpec file) {
        return fd(fd, file, false);
    }

    public TaskSpec fd(int fd, FileSpec file, boolean closeOnExec) {
        descriptors.put(fd, FdinfoEntry.newBuilder().setFd(fd).setFlags(closeOnExec ? 1 : 0).setType(file.rawType()).setId(file.id().id())
            .build());
        return this;
    }

    /** CLONE_FILES: one table for both. */
    public TaskSpec sharingFilesOf(int otherPid) {
        filesId = image.byPid(otherPid).filesId();
        return this;
    }

    public TaskSpec command(String command) {
        core.setComm(ImageEncoding.bytes(command));
        return this;
    }

    public TaskSpec session(int session) {
        tree.setSid(session);
        return this;
    }

    public TaskSpec group(int processGroup) {
        tree.setPgid(processGroup);
        return this;
    }

    public TaskSpec thread(int tid) {
        threads.add(tid);
        return this;
    }

    /** Of its threads this one alone has a seccomp filter. */
    public TaskSpec threadWithFilter(int tid) {
        filtered.add(tid);
        return thread(tid);
    }

    public TaskSpec stopped() {
        core.setTaskState(STOPPED);
        return this;
    }

    /** @param waitStatus as wait(2) encodes it */
    public TaskSpec zombie(int waitStatus) {
        core.setTaskState(DEAD).setExitCode(waitStatus);
        return this;
    }

    public TaskSpec executable(FileSpec file) {
        mm.setExeFileId(file.id().id());
        return this;
    }

    public TaskSpec maps(FileSpec file) {
        boolean memfd = file.id().type() == FdType.MEMFD;
        mm.addVmas(VmaEntry.newBuilder().setShmid(file.id().id()).setStatus(memfd ? FILE_SHARED | MEMFD : FILE_PRIVATE));
        return this;
    }

    public TaskSpec directories(FileSpec cwd, FileSpec root) {
        fs.setCwdId(cwd.id().id()).setRootId(root.id().id());
        return this;
    }

    public TaskSpec cgroupSet(int set) {
        cgroupSet = set;
        return this;
    }

    /** All user and group ids. */
    public TaskSpec uid(int id) {
        thread.setCreds(Creds.newBuilder().setUid(id).setGid(id).setEuid(id).setEgid(id).setSuid(id).setSgid(id).setFsuid(id).setFsgid(id));
        return this;
    }

    public TaskSpec loginUid(int uid) {
        core.setLoginuid(uid);
        return this;
    }

    /** In namespaces of its own of these kinds. */
    public TaskSpec own(String... kinds) {
        own.addAll(List.of(kinds));
        return this;
    }

    public TaskSpec seccomp(int mode) {
        thread.setSeccompMode(mode);
        return this;
    }

    PstreeEntry pstree() {
        return tree.clone().addAllThreads(threads).build();
    }

    void write(Map<String, byte[]> out, boolean before318) {
        TaskCore.Builder task = core.clone();
        ThreadCore.Builder first = thread.clone();
        if (cgroupSet != 0 && before318) {
            task.setCgSet(cgroupSet);
        } else if (cgroupSet != 0) {
            first.setCgSet(cgroupSet);
        }
        CoreEntry entry = CoreEntry.newBuilder().setTc(task).setThreadCore(first).build();
        out.put("core-" + pid + ".img", ImageEncoding.image(ImageMagic.CORE, List.of(entry)));
        if (core.getTaskState() == DEAD) {
            return;
        }
        for (int tid : threads.subList(1, threads.size())) {
            ThreadCore.Builder own = first.clone().setSeccompMode(filtered.contains(tid) ? FILTER : first.getSeccompMode());
            CoreEntry other = CoreEntry.newBuilder().setThreadCore(own).build();
            out.put("core-" + tid + ".img", ImageEncoding.image(ImageMagic.CORE, List.of(other)));
        }
        out.put("ids-" + pid + ".img", ImageEncoding.image(ImageMagic.IDS, List.of(ownIds())));
        out.put("mm-" + pid + ".img", ImageEncoding.image(ImageMagic.MM, List.of(mm.build())));
        out.put("fs-" + pid + ".img", ImageEncoding.image(ImageMagic.FS, List.of(fs.build())));
    }

    private KernelIds ownIds() {
        KernelIds ids = ids(filesId);
        return KernelIds.newBuilder(ids).setPidNsId(number("pid", ids.getPidNsId())).setNetNsId(number("net", ids.getNetNsId()))
            .setTimeNsId(number("time", ids.getTimeNsId())).setMntNsId(number("mnt", ids.getMntNsId())).setUserNsId(number("user", ids.getUserNsId()))
            .build();
    }

    private int number(String kind, int shared) {
        return own.contains(kind) ? shared + 10 : shared;
    }

    static KernelIds ids(int filesId) {
        return KernelIds.newBuilder().setVmId(filesId).setFilesId(filesId).setFsId(filesId).setSighandId(filesId)
            .setPidNsId(1).setNetNsId(2).setIpcNsId(3).setUtsNsId(4).setTimeNsId(5).setMntNsId(6).setUserNsId(7).setCgroupNsId(8).build();
    }
}
