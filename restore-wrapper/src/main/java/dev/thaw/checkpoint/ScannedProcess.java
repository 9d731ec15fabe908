package dev.thaw.checkpoint;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
 * @param namespaces kind to the kernel's text: {@code mnt} to {@code mnt:[4026531841]}; kinds that the kernel does not have are absent
 * @param descriptors in ascending order
 * @param bonds what ties it to others
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
        Mappings mappings,
        Bonds bonds) {

    /**
     * @param withParent what it shares with its parent in the tree, as threads do
     * @param sessionElsewhere its session was begun outside its pid namespace
     * @param cgroups it is in
     * @param innerPid its pid in its own pid namespace
     * @param filtered a seccomp filter is on one of its threads at least
     */
    public record Bonds(Set<ProcessCalls.Shared> withParent, boolean sessionElsewhere, List<CgroupMembership> cgroups, int innerPid, boolean filtered) {
        public static final Bonds NONE = new Bonds(Set.of(), false, List.of(), 0, false);

        public Bonds {
            withParent = Set.copyOf(withParent);
            cgroups = List.copyOf(cgroups);
        }
    }

    public ScannedProcess(int pid, int parentPid, int processGroup, int session, String command, List<String> arguments, char state,
            List<Integer> threads, List<Integer> uids, List<Integer> gids, int tracerPid, int terminalDevice, long startTicks,
            Map<String, String> namespaces, List<ScannedDescriptor> descriptors, Mappings mappings) {
        this(pid, parentPid, processGroup, session, command, arguments, state, threads, uids, gids, tracerPid, terminalDevice, startTicks, namespaces,
                descriptors, mappings, Bonds.NONE);
    }

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

    ScannedProcess withState(char letter) {
        return new ScannedProcess(pid, parentPid, processGroup, session, command, arguments, letter, threads, uids, gids, tracerPid, terminalDevice,
                startTicks, namespaces, descriptors, mappings, bonds);
    }

    /** Waiting in the kernel, for what may never come, and not to be woken by a signal. */
    public boolean isUninterruptible() {
        return state == 'D';
    }

    /** The kernel's text for the namespace of this kind; empty where the kernel has none. */
    public String namespace(String kind) {
        return namespaces.getOrDefault(kind, "");
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
