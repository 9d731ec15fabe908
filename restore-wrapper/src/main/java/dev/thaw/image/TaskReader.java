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
            PstreeEntry entry = frames.decode(frame, PstreeEntry.parser());
            check(frames, frame, entry, pids);
            tasks.add(task(frames, frame, entry));
        }
        if (tasks.isEmpty()) {
            throw ImageException.corrupt(PSTREE, frames.position(), "no process");
        }
        return tasks;
    }

    private static void check(ImageFrames frames, Frame frame, PstreeEntry entry, Set<Integer> pids) {
        if (entry.getPid() <= 0) {
            throw frames.corrupt(frame, Integer.toUnsignedString(entry.getPid()) + " is no pid");
        }
        if (pids.isEmpty() ? entry.getPpid() != 0 : !pids.contains(entry.getPpid())) {
            throw frames.corrupt(frame,
                "pid " + entry.getPid() + " comes before its parent, pid " + Integer.toUnsignedString(entry.getPpid()));
        }
        if (!pids.add(entry.getPid())) {
            throw frames.corrupt(frame, "pid " + entry.getPid() + " is there twice");
        }
    }

    private TaskImage task(ImageFrames frames, Frame frame, PstreeEntry entry) {
        int pid = entry.getPid();
        String coreName = "core-" + pid + ".img";
        ImageFrames coreFrames = images.frames(coreName, ImageMagic.CORE);
        CoreEntry core = coreFrames.only(CoreEntry.parser());
        if (!core.hasTc()) {
            throw ImageException.corrupt(coreName, "of a thread, not of a process");
        }
        TaskCore task = core.getTc();
        ThreadCore thread = core.getThreadCore();
        State state = state(coreName, task.getTaskState());
        if (state.isEnded()) {
            return new TaskImage(pid, entry.getPpid(), entry.getPgid(), entry.getSid(), List.of(pid), state, Text.of(task.getComm()),
                OptionalInt.empty(), OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty(), cgroupSet(task, thread),
                OptionalInt.of(task.getExitCode()), NamespaceIds.NONE, Optional.empty(), List.of(), false, 0);
        }
        List<Integer> threads = threads(frames, frame, entry);
        KernelIds ids = ids(pid, core);
        MmEntry mm = images.frames("mm-" + pid + ".img", ImageMagic.MM).only(MmEntry.parser());
        Optional<FsEntry> fs = fs(pid);
        return new TaskImage(pid, entry.getPpid(), entry.getPgid(), entry.getSid(), threads, state, Text.of(task.getComm()),
            OptionalInt.of(ids.getFilesId()), OptionalInt.of(mm.getExeFileId()), mapped(mm, 0),
            fs.isPresent() ? OptionalInt.of(fs.get().getCwdId()) : OptionalInt.empty(),
            fs.isPresent() ? OptionalInt.of(fs.get().getRootId()) : OptionalInt.empty(),
            cgroupSet(task, thread), OptionalInt.empty(), namespaceIds(ids), credentials(thread, seccompMode(pid, core, threads)),
            mapped(mm, VMA_MEMFD),
            task.getChildSubreaper(), thread.getPdeathSig());
    }

    /** Only of a living task: criu writes the thread ids of a zombie from memory that it never set. */
    private List<Integer> threads(ImageFrames frames, Frame frame, PstreeEntry entry) {
        for (int thread : entry.getThreadsList()) {
            if (thread <= 0) {
                throw frames.corrupt(frame, Integer.toUnsignedString(thread) + " is no thread id");
            }
            if (!images.has("core-" + thread + ".img")) {
                throw ImageException.of(Kind.MISSING, "core-" + thread + ".img", "not in " + images.directory());
            }
        }
        return entry.getThreadsCount() == 0 ? List.of(entry.getPid()) : entry.getThreadsList();
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

    private KernelIds ids(int pid, CoreEntry core) {
        String name = "ids-" + pid + ".img";
        return core.hasIds() && !images.has(name) ? core.getIds() : images.frames(name, ImageMagic.IDS).only(KernelIds.parser());
    }

    static NamespaceIds namespaceIds(KernelIds ids) {
        return new NamespaceIds(ids.getPidNsId(), ids.getNetNsId(), ids.getIpcNsId(), ids.getUtsNsId(), ids.getMntNsId(), ids.getUserNsId(),
            ids.getCgroupNsId(), ids.getTimeNsId());
    }

    private Optional<FsEntry> fs(int pid) {
        String name = "fs-" + pid + ".img";
        return images.has(name) ? Optional.of(images.frames(name, ImageMagic.FS).only(FsEntry.parser())) : Optional.empty();
    }

    private static List<Integer> mapped(MmEntry mm, int memfd) {
        Set<Integer> ids = new LinkedHashSet<>();
        for (VmaEntry vma : mm.getVmasList()) {
            if ((vma.getStatus() & VMA_FILE) != 0 && (vma.getStatus() & VMA_MEMFD) == memfd) {
                ids.add((int) vma.getShmid());
            }
        }
        return List.copyOf(ids);
    }

    private static OptionalInt cgroupSet(TaskCore task, ThreadCore thread) {
        if (thread.hasCgSet()) {
            return OptionalInt.of(thread.getCgSet());
        }
        return task.hasCgSet() ? OptionalInt.of(task.getCgSet()) : OptionalInt.empty();
    }

    /** The highest of all threads: a filter is its thread's own. */
    private int seccompMode(int pid, CoreEntry core, List<Integer> threads) {
        int mode = core.getThreadCore().hasSeccompMode() ? core.getThreadCore().getSeccompMode() : core.getTc().getOldSeccompMode();
        for (int thread : threads) {
            if (mode == 0 && thread != pid) {
                mode = images.frames("core-" + thread + ".img", ImageMagic.CORE).only(CoreEntry.parser()).getThreadCore().getSeccompMode();
            }
        }
        return mode;
    }

    private static Optional<Credentials> credentials(ThreadCore thread, int seccomp) {
        if (!thread.hasCreds()) {
            return Optional.empty();
        }
        Creds creds = thread.getCreds();
        long effective = 0;
        for (int word = 0; word < Math.min(creds.getCapEffCount(), 2); word++) {
            effective |= Integer.toUnsignedLong(creds.getCapEff(word)) << 32 * word;
        }
        return Optional.of(new Credentials(creds.getUid(), creds.getGid(), creds.getEuid(), creds.getEgid(), creds.getSuid(),
            creds.getSgid(), creds.getFsuid(), creds.getFsgid(), creds.getGroupsList(), effective, seccomp,
            creds.hasLsmProfile() ? Optional.of(Text.of(creds.getLsmProfile())) : Optional.empty()));
    }
}
