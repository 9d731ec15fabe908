package dev.thaw.pidns;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Pids as the processes of a namespace see them, and as we do. */
public final class NamespacePids {
    private final Map<Integer, Integer> outer;
    private final Map<Integer, Integer> inner = new HashMap<>();

    private NamespacePids(Map<Integer, Integer> outer) {
        this.outer = outer;
        outer.forEach((inside, ours) -> inner.put(ours, inside));
    }

    /** Of the namespace that a process is in, as it is now. */
    public static NamespacePids with(int member) {
        String namespace = FileCalls.readlink("/proc/" + member + "/ns/pid");
        Map<Integer, Integer> outer = new HashMap<>();
        for (int pid : ProcessTable.pids()) {
            try {
                StatusFile status = StatusFile.read(pid);
                List<Integer> pids = status.nsPid();
                if (pids.size() > 1 && isIn(namespace, pid, status)) {
                    outer.put(pids.get(pids.size() - 1), pid);
                }
            } catch (LinuxException e) {
                if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH) && !e.is(Errno.EACCES)) {
                    throw e;
                }
            }
        }
        return new NamespacePids(outer);
    }

    private static boolean isIn(String namespace, int pid, StatusFile status) {
        try {
            return FileCalls.readlink("/proc/" + pid + "/ns/pid").equals(namespace);
        } catch (LinuxException e) {
            // The application may have ended already: a zombie has no namespaces to look at.
            return status.field("PPid").equals(Integer.toString(ProcessCalls.getpid())) && status.field("State").startsWith("Z");
        }
    }

    /** Our number for a pid of the namespace; empty when no process has it. */
    public OptionalInt outer(int inside) {
        return outer.containsKey(inside) ? OptionalInt.of(outer.get(inside)) : OptionalInt.empty();
    }

    /** The namespace's number for one of ours; the same number for a process outside. */
    public int inner(int ours) {
        return inner.getOrDefault(ours, ours);
    }
}
