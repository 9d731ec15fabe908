package dev.thaw.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One process. Pids are those of the pid namespace that the root lived in. Of a ZOMBIE or DEAD task only the numbers, the state, the
 * command and the exit code are known.
 *
 * @param parentPid 0 for the root
 * @param threads thread ids, the process's own among them
 * @param command the kernel's name for it, at most 15 bytes (comm)
 * @param filesId key into {@link ImageSnapshot#tables()}
 * @param exeFileId id of the REGULAR entry of its executable
 * @param mappedFileIds distinct ids of the REGULAR entries it maps, the executable mostly among them
 * @param cwdFileId id of the REGULAR entry of its working directory
 * @param rootFileId id of the REGULAR entry of its root directory
 * @param cgroupSet key into {@link CgroupImage#sets()}
 * @param exitCode of a ZOMBIE or DEAD task, as wait(2) encodes it
 * @param ids its namespaces
 * @param mappedMemfdIds distinct ids of the MEMFD entries it maps
 * @param childSubreaper PR_SET_CHILD_SUBREAPER
 * @param parentDeathSignal PR_SET_PDEATHSIG, 0 for none
 * @param loginUid who had logged in (man 5 proc_pid_loginuid), {@link #NO_LOGIN} for nobody
 */
public record TaskImage(int pid, int parentPid, int processGroup, int session, List<Integer> threads, State state, String command,
                        OptionalInt filesId, OptionalInt exeFileId, List<Integer> mappedFileIds, OptionalInt cwdFileId,
                        OptionalInt rootFileId, OptionalInt cgroupSet, OptionalInt exitCode, NamespaceIds ids,
                        Optional<Credentials> credentials, List<Integer> mappedMemfdIds, boolean childSubreaper, int parentDeathSignal,
                        long loginUid) {

    /** What the kernel says of a task whose login uid was never set; it says so too where nothing was recorded. */
    public static final long NO_LOGIN = 4294967295L;

    /** criu/include/image.h, TASK_...; criu writes a zombie as DEAD. */
    public enum State {
        ALIVE, STOPPED, ZOMBIE, DEAD;

        public boolean isEnded() {
            return this == ZOMBIE || this == DEAD;
        }
    }

    public TaskImage {
        threads = List.copyOf(threads);
        mappedFileIds = List.copyOf(mappedFileIds);
        mappedMemfdIds = List.copyOf(mappedMemfdIds);
    }

    /** Whether it leads its session; a root that does not needs {@code --shell-job}. */
    public boolean isSessionLeader() {
        return pid == session;
    }

    /** Whether it, or a thread of it, had a seccomp filter of its own. */
    public boolean isFiltered() {
        return credentials.filter(ids -> ids.seccompMode() != 0).isPresent();
    }

    /** Everything it refers to other than by descriptor: mappings, executable, working and root directory. */
    public List<FileId> pathReferences() {
        List<FileId> files = new ArrayList<>(mappedFileIds.size() + mappedMemfdIds.size() + 3);
        for (int id : mappedFileIds) {
            files.add(new FileId(FdType.REGULAR, id));
        }
        for (int id : mappedMemfdIds) {
            files.add(new FileId(FdType.MEMFD, id));
        }
        for (OptionalInt id : List.of(exeFileId, cwdFileId, rootFileId)) {
            if (id.isPresent()) {
                files.add(new FileId(FdType.REGULAR, id.getAsInt()));
            }
        }
        return files;
    }
}
