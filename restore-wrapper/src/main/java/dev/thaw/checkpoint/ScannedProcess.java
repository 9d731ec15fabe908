package dev.thaw.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * A process of the tree as {@code /proc} shows it.
 *
 * @param command the kernel's name for it (comm)
 * @param arguments its command line; none for a zombie
 * @param state one letter, see {@link dev.thaw.linux.proc.ProcessStat}
 * @param threads thread ids, the process's own among them
 * @param uids real, effective, saved and file system user id
 * @param gids likewise
 * @param tracerPid 0 when nobody traces it
 * @param terminalDevice of its controlling terminal as /proc/PID/stat has it, 0 for none
 * @param namespaces kind to the kernel's text: {@code mnt} to {@code mnt:[4026531841]}
 * @param descriptors in ascending order
 */
public record ScannedProcess(
        int pid,
        int parentPid,
        int processGroup,
        int session,
        String command,
        List<String> arguments,
        char state,
        List<Integer> threads,
        List<Integer> uids,
        List<Integer> gids,
        int tracerPid,
        int terminalDevice,
        long startTicks,
        Map<String, String> namespaces,
        List<ScannedDescriptor> descriptors,
        Mappings mappings) {

    public ScannedProcess {
        arguments = List.copyOf(arguments);
        threads = List.copyOf(threads);
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        namespaces = Map.copyOf(namespaces);
        descriptors = List.copyOf(descriptors);
    }

    public boolean isZombie() {
        return state == 'Z' || state == 'X';
    }

    public boolean isStopped() {
        return state == 'T';
    }

    /** Whether all its ids are these, so that prlimit(2) is allowed without CAP_SYS_RESOURCE. */
    boolean belongsTo(int uid, int gid) {
        return uids.subList(0, 3).stream().allMatch(id -> id == uid) && gids.subList(0, 3).stream().allMatch(id -> id == gid);
    }

    /** {@code pid 4021 (postgres)}. */
    public String text() {
        return "pid " + pid + " (" + command + ")";
    }
}
