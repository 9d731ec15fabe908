package dev.thaw.auxiliary;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.pidns.EnteredNamespaces;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The way into all namespaces of an application. */
final class Entrance {
    private static final Map<String, Integer> KINDS = Map.of("cgroup", ProcessCalls.CLONE_NEWCGROUP, "ipc", ProcessCalls.CLONE_NEWIPC,
            "uts", ProcessCalls.CLONE_NEWUTS, "net", ProcessCalls.CLONE_NEWNET, "pid", ProcessCalls.CLONE_NEWPID, "mnt", ProcessCalls.CLONE_NEWNS);

    private Entrance() {}

    /**
     * Enters those that are not ours already. A process with threads cannot enter a user namespace, nor a time namespace (man 2 setns).
     *
     * @throws Failure when that is not possible
     */
    static EnteredNamespaces into(int pid) {
        try {
            if (isOther(pid, "user")) {
                throw Failure.of(ExitCode.FAILURE, "pid " + pid + " is in a user namespace of its own",
                        "a process with several threads, as thaw is, cannot enter one (man 2 setns)", "nsenter --target " + pid + " --all COMMAND");
            }
            Map<String, Integer> others = new LinkedHashMap<>(KINDS);
            others.keySet().removeIf(kind -> !isOther(pid, kind));
            return EnteredNamespaces.of(pid, others);
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the namespaces of pid " + pid + " cannot be entered", List.of(e.getMessage()),
                    List.of("as root, or with CAP_SYS_ADMIN and CAP_SYS_PTRACE"), e);
        }
    }

    private static boolean isOther(int pid, String kind) {
        return !FileCalls.readlink("/proc/" + pid + "/ns/" + kind).equals(FileCalls.readlink("/proc/self/ns/" + kind));
    }
}
