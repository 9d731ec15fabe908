package dev.thaw.image;

import dev.thaw.image.ImageException.Kind;
import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.TaskImage.State;
import dev.thaw.image.proto.CoreEntry;
import dev.thaw.image.proto.Creds;
import dev.thaw.image.proto.FsEntry;
import dev.thaw.image.proto.KernelIds;
import dev.thaw.image.proto.MmEntry;
import dev.thaw.image.proto.PstreeEntry;
import dev.thaw.image.proto.TaskCore;
import dev.thaw.image.proto.ThreadCore;
import dev.thaw.image.proto.VmaEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads pstree.img, and for each task core-, ids-, mm- and fs-PID.img. */
final class TaskReader {

    private static final String PSTREE = "pstree.img";

    // criu/include/image.h; a zombie is written as DEAD, compel calls it 6
    private static final int TASK_ALIVE = 1;
    private static final int TASK_DEAD = 2;
    private static final int TASK_STOPPED = 3;
    private static final int TASK_ZOMBIE = 6;
    private static final int VMA_FILE = 0x40 | 0x80;
    private static final int VMA_MEMFD = 0x4000;

    private final ImageFiles images;

    TaskReader(ImageFiles images) {
        this.images = images;
    }

    List<TaskImage> tasks() {
        ImageFrames frames = images.frames(PSTREE, ImageMagic.PSTREE);
        List<TaskImage> tasks = new ArrayList<>();
        Set<Integer> pids = new HashSet<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            Fields entry = frames.fields(frame);
            check(frames, frame, entry, pids);
            tasks.add(task(frames, frame, entry));
        }
        if (tasks.isEmpty()) {
            throw ImageException.corrupt(PSTREE, frames.position(), "no process");
        }
        return tasks;
    }

    private static void check(ImageFrames frames, Frame frame, Fields entry, Set<Integer> pids) {
        int pid = entry.number(PstreeEntry.PID_FIELD_NUMBER);
        int parent = entry.number(PstreeEntry.PPID_FIELD_NUMBER);
        if (pid <= 0) {
            throw frames.corrupt(frame, Integer.toUnsignedString(pid) + " is no pid");
        }
        if (pids.isEmpty() ? parent != 0 : !pids.contains(parent)) {
            throw frames.corrupt(frame, "pid " + pid + " comes before its parent, pid " + Integer.toUnsignedString(parent));
        }
        if (!pids.add(pid)) {
            throw frames.corrupt(frame, "pid " + pid + " is there twice");
        }
    }

    private TaskImage task(ImageFrames frames, Frame frame, Fields entry) {
        int pid = entry.number(PstreeEntry.PID_FIELD_NUMBER);
        int parent = entry.number(PstreeEntry.PPID_FIELD_NUMBER);
        int group = entry.number(PstreeEntry.PGID_FIELD_NUMBER);
        int session = entry.number(PstreeEntry.SID_FIELD_NUMBER);
        String coreName = "core-" + pid + ".img";
        Fields core = images.frames(coreName, ImageMagic.CORE).only();
        if (!core.hasBytes(CoreEntry.TC_FIELD_NUMBER)) {
            throw ImageException.corrupt(coreName, "of a thread, not of a process");
        }
        Fields task = core.part(CoreEntry.TC_FIELD_NUMBER);
        Fields thread = core.part(CoreEntry.THREAD_CORE_FIELD_NUMBER);
        State state = state(coreName, task.number(TaskCore.TASK_STATE_FIELD_NUMBER));
        String command = task.text(TaskCore.COMM_FIELD_NUMBER);
        if (state.isEnded()) {
            return new TaskImage(pid, parent, group, session, List.of(pid), state, command,
                OptionalInt.empty(), OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty(), cgroupSet(task, thread),
                OptionalInt.of(task.number(TaskCore.EXIT_CODE_FIELD_NUMBER)), NamespaceIds.NONE, Optional.empty(), List.of(), false, 0,
                TaskImage.NO_LOGIN);
        }
        List<Integer> threads = threads(frames, frame, entry);
        Fields ids = ids(pid, core);
        Fields mm = images.frames("mm-" + pid + ".img", ImageMagic.MM).only();
        List<Fields> vmas = mm.parts(MmEntry.VMAS_FIELD_NUMBER);
        Optional<Fields> fs = fs(pid);
        return new TaskImage(pid, parent, group, session, threads, state, command,
            OptionalInt.of(ids.number(KernelIds.FILES_ID_FIELD_NUMBER)), OptionalInt.of(mm.number(MmEntry.EXE_FILE_ID_FIELD_NUMBER)), mapped(vmas, 0),
            fs.isPresent() ? OptionalInt.of(fs.get().number(FsEntry.CWD_ID_FIELD_NUMBER)) : OptionalInt.empty(),
            fs.isPresent() ? OptionalInt.of(fs.get().number(FsEntry.ROOT_ID_FIELD_NUMBER)) : OptionalInt.empty(),
            cgroupSet(task, thread), OptionalInt.empty(), namespaceIds(ids), credentials(thread, seccompMode(pid, task, thread, threads)),
            mapped(vmas, VMA_MEMFD),
            task.flag(TaskCore.CHILD_SUBREAPER_FIELD_NUMBER), thread.number(ThreadCore.PDEATH_SIG_FIELD_NUMBER, 0),
            Integer.toUnsignedLong(task.number(TaskCore.LOGINUID_FIELD_NUMBER, (int) TaskImage.NO_LOGIN)));
    }

    /** Only of a living task: criu writes the thread ids of a zombie from memory that it never set. */
    private List<Integer> threads(ImageFrames frames, Frame frame, Fields entry) {
        List<Integer> threads = entry.numbers(PstreeEntry.THREADS_FIELD_NUMBER);
        for (int thread : threads) {
            if (thread <= 0) {
                throw frames.corrupt(frame, Integer.toUnsignedString(thread) + " is no thread id");
            }
            if (!images.has("core-" + thread + ".img")) {
                throw ImageException.of(Kind.MISSING, "core-" + thread + ".img", "not in " + images.directory());
            }
        }
        return threads.isEmpty() ? List.of(entry.number(PstreeEntry.PID_FIELD_NUMBER)) : threads;
    }

    private static State state(String coreName, int number) {
        return switch (number) {
            case TASK_ALIVE -> State.ALIVE;
            case TASK_STOPPED -> State.STOPPED;
            case TASK_DEAD -> State.DEAD;
            case TASK_ZOMBIE -> State.ZOMBIE;
            default -> throw ImageException.of(Kind.UNSUPPORTED, coreName,
                "task state " + Integer.toUnsignedString(number) + " is not known");
        };
    }

    private Fields ids(int pid, Fields core) {
        String name = "ids-" + pid + ".img";
        return core.hasBytes(CoreEntry.IDS_FIELD_NUMBER) && !images.has(name)
            ? core.part(CoreEntry.IDS_FIELD_NUMBER) : images.frames(name, ImageMagic.IDS).only();
    }

    static NamespaceIds namespaceIds(Fields ids) {
        return new NamespaceIds(ids.number(KernelIds.PID_NS_ID_FIELD_NUMBER, 0), ids.number(KernelIds.NET_NS_ID_FIELD_NUMBER, 0),
            ids.number(KernelIds.IPC_NS_ID_FIELD_NUMBER, 0), ids.number(KernelIds.UTS_NS_ID_FIELD_NUMBER, 0),
            ids.number(KernelIds.MNT_NS_ID_FIELD_NUMBER, 0), ids.number(KernelIds.USER_NS_ID_FIELD_NUMBER, 0),
            ids.number(KernelIds.CGROUP_NS_ID_FIELD_NUMBER, 0), ids.number(KernelIds.TIME_NS_ID_FIELD_NUMBER, 0));
    }

    private Optional<Fields> fs(int pid) {
        String name = "fs-" + pid + ".img";
        return images.has(name) ? Optional.of(images.frames(name, ImageMagic.FS).only()) : Optional.empty();
    }

    private static List<Integer> mapped(List<Fields> vmas, int memfd) {
        Set<Integer> ids = new LinkedHashSet<>();
        for (Fields vma : vmas) {
            int status = vma.number(VmaEntry.STATUS_FIELD_NUMBER);
            if ((status & VMA_FILE) != 0 && (status & VMA_MEMFD) == memfd) {
                ids.add(vma.number(VmaEntry.SHMID_FIELD_NUMBER));
            }
        }
        return List.copyOf(ids);
    }

    private static OptionalInt cgroupSet(Fields task, Fields thread) {
        if (thread.hasNumber(ThreadCore.CG_SET_FIELD_NUMBER)) {
            return OptionalInt.of(thread.number(ThreadCore.CG_SET_FIELD_NUMBER));
        }
        return task.hasNumber(TaskCore.CG_SET_FIELD_NUMBER) ? OptionalInt.of(task.number(TaskCore.CG_SET_FIELD_NUMBER)) : OptionalInt.empty();
    }

    /** The highest of all threads: a filter is its thread's own. */
    private int seccompMode(int pid, Fields task, Fields root, List<Integer> threads) {
        int mode = root.number(ThreadCore.SECCOMP_MODE_FIELD_NUMBER, task.number(TaskCore.OLD_SECCOMP_MODE_FIELD_NUMBER, 0));
        for (int thread : threads) {
            if (mode == 0 && thread != pid) {
                mode = images.frames("core-" + thread + ".img", ImageMagic.CORE).only().part(CoreEntry.THREAD_CORE_FIELD_NUMBER)
                    .number(ThreadCore.SECCOMP_MODE_FIELD_NUMBER, 0);
            }
        }
        return mode;
    }

    private static Optional<Credentials> credentials(Fields thread, int seccomp) {
        if (!thread.hasBytes(ThreadCore.CREDS_FIELD_NUMBER)) {
            return Optional.empty();
        }
        Fields creds = thread.part(ThreadCore.CREDS_FIELD_NUMBER);
        List<Integer> words = creds.numbers(Creds.CAP_EFF_FIELD_NUMBER);
        long effective = 0;
        for (int word = 0; word < Math.min(words.size(), 2); word++) {
            effective |= Integer.toUnsignedLong(words.get(word)) << 32 * word;
        }
        return Optional.of(new Credentials(creds.number(Creds.UID_FIELD_NUMBER), creds.number(Creds.GID_FIELD_NUMBER),
            creds.number(Creds.EUID_FIELD_NUMBER), creds.number(Creds.EGID_FIELD_NUMBER), creds.number(Creds.SUID_FIELD_NUMBER),
            creds.number(Creds.SGID_FIELD_NUMBER), creds.number(Creds.FSUID_FIELD_NUMBER), creds.number(Creds.FSGID_FIELD_NUMBER),
            creds.numbers(Creds.GROUPS_FIELD_NUMBER), effective, seccomp,
            creds.hasBytes(Creds.LSM_PROFILE_FIELD_NUMBER) ? Optional.of(creds.text(Creds.LSM_PROFILE_FIELD_NUMBER)) : Optional.empty()));
    }
}
