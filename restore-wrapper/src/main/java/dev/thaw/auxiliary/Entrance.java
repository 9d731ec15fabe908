package dev.thaw.auxiliary;

import dev.thaw.linux.Capabilities;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.pidns.EnteredNamespaces;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The way into all namespaces of an application. */
final class Entrance {
    private static final Map<String, Integer> KINDS = Map.of("cgroup", ProcessCalls.CLONE_NEWCGROUP, "ipc", ProcessCalls.CLONE_NEWIPC,
            "uts", ProcessCalls.CLONE_NEWUTS, "net", ProcessCalls.CLONE_NEWNET, "pid", ProcessCalls.CLONE_NEWPID, "mnt", ProcessCalls.CLONE_NEWNS);

    /** Of util-linux: it has one thread. */
    static final String PROGRAM = "nsenter";

    private Entrance() {}

    /**
     * Enters those that are not ours already, but for a user and a time namespace: a process with threads cannot (man 2 setns). {@link #words}
     * does the rest.
     *
     * @throws Failure when that is not possible
     */
    static EnteredNamespaces into(int pid) {
        try {
            if (isOther(pid, "user") && !Capabilities.contains(ProcessCalls.capabilitiesEffective(), Capabilities.SYS_ADMIN)) {
                throw Failure.of(ExitCode.FAILURE, "pid " + pid + " is in a user namespace of its own",
                        "its other namespaces can be entered from in there only, or with CAP_SYS_ADMIN", "as root, or: " + String.join(" ", fromInside(pid)) + " COMMAND");
            }
            Map<String, Integer> others = new LinkedHashMap<>(KINDS);
            others.keySet().removeIf(kind -> !isOther(pid, kind));
            return EnteredNamespaces.of(pid, others);
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the namespaces of pid " + pid + " cannot be entered", List.of(e.getMessage()),
                    List.of("as root, or with CAP_SYS_ADMIN and CAP_SYS_PTRACE"), e);
        }
    }

    /**
     * The words before a command that has to enter a user or a time namespace as well; none where there is neither. In a user namespace it is
     * root where that is somebody there, else whoever calls.
     */
    static List<String> words(int pid) {
        List<String> words = new ArrayList<>();
        if (FileCalls.lstatIfExists("/proc/self/ns/time").isPresent() && isOther(pid, "time")) {
            words.add("--time");
        }
        if (isOther(pid, "user")) {
            words.add("--user");
            if (!KernelString.decode(FileCalls.readAll("/proc/" + pid + "/uid_map")).matches("(?s)(.*\\n)? *0 .*")) {
                words.add("--preserve-credentials");
            }
        }
        if (!words.isEmpty()) {
            // /proc is that of its mount namespace, with the numbers of its pid namespace.
            List<Integer> pids = StatusFile.read(pid).nsPid();
            words.addAll(0, List.of(PROGRAM, "--target", Integer.toString(isOther(pid, "mnt") ? pids.get(pids.size() - 1) : pid)));
            words.add("--");
        }
        return words;
    }

    /** A way for who may do nothing but enter the user namespace: no more than what differs, as --all of nsenter(1) tries what is refused. */
    private static List<String> fromInside(int pid) {
        List<String> words = new ArrayList<>(List.of(PROGRAM, "--target", Integer.toString(pid), "--user", "--preserve-credentials"));
        KINDS.keySet().stream().sorted().filter(kind -> isOther(pid, kind)).map(kind -> kind.equals("mnt") ? "--mount" : "--" + kind).forEach(words::add);
        return words;
    }

    private static boolean isOther(int pid, String kind) {
        return !FileCalls.readlink("/proc/" + pid + "/ns/" + kind).equals(FileCalls.readlink("/proc/self/ns/" + kind));
    }
}
