package dev.thaw.linux.proc;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The processes of our pid namespace, and the descriptors of each. A look at it is no snapshot: processes come and go meanwhile. */
public final class ProcessTable {

    private ProcessTable() {
    }

    /** All processes, zombies included, sorted. */
    public static List<Integer> pids() {
        return numbers("/proc");
    }

    /** Threads of a process, sorted; empty when it is gone. */
    public static List<Integer> threads(int pid) {
        return numbers("/proc/" + pid + "/task");
    }

    /** Children of a process, zombies included, sorted. */
    public static List<Integer> children(int pid) {
        return childrenByParent().getOrDefault(pid, List.of());
    }

    /** A process and all below it, each before its children; empty when the process is gone. */
    public static List<Integer> tree(int root) {
        List<Integer> tree = new ArrayList<>();
        if (ProcessStat.read(root).isPresent()) {
            addTree(root, childrenByParent(), tree);
        }
        return tree;
    }

    /** The arguments joined by spaces, for a message; empty for a kernel thread, a zombie or a process that is gone. */
    public static Optional<String> commandLine(int pid) {
        List<String> arguments = arguments(pid);
        return arguments.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", arguments));
    }

    /** The arguments; none for a kernel thread, a zombie, a process that is gone, and for a moment while exec starts a program. */
    public static List<String> arguments(int pid) {
        return terminated(ProcFile.readIfAlive("/proc/" + pid + "/cmdline").orElse(""));
    }

    /** Numbers of the open descriptors of a process, sorted; none when it is gone. EACCES without the right to trace it. */
    public static List<Integer> descriptors(int pid) {
        return numbers("/proc/" + pid + "/fd");
    }

    /** What a descriptor refers to in the kernel's words: a path, {@code pipe:[123]}, {@code /x (deleted)}; ENOENT when it is not open. */
    public static String link(int pid, int fd) {
        return FileCalls.readlink("/proc/" + pid + "/fd/" + fd);
    }

    /** Status of what a descriptor refers to, without opening it; ENOENT when it is not open. */
    public static FileStatus status(int pid, int fd) {
        return FileCalls.stat("/proc/" + pid + "/fd/" + fd);
    }

    /** Splits text in which each entry ends with NUL; a last one without, as a program that set its title leaves it, counts too. */
    static List<String> terminated(String text) {
        List<String> entries = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\0', at);
            end = end < 0 ? text.length() : end;
            entries.add(text.substring(at, end));
            at = end + 1;
        }
        return entries;
    }

    private static void addTree(int pid, Map<Integer, List<Integer>> children, List<Integer> tree) {
        // A pid used anew while /proc was being read could make a loop of it.
        if (!tree.contains(pid)) {
            tree.add(pid);
            for (int child : children.getOrDefault(pid, List.of())) {
                addTree(child, children, tree);
            }
        }
    }

    private static Map<Integer, List<Integer>> childrenByParent() {
        Map<Integer, List<Integer>> children = new TreeMap<>();
        for (int pid : pids()) {
            Optional<ProcessStat> stat = ProcessStat.read(pid);
            if (stat.isPresent()) {
                children.computeIfAbsent(stat.get().parentPid(), parent -> new ArrayList<>()).add(pid);
            }
        }
        return children;
    }

    private static List<Integer> numbers(String directory) {
        List<Integer> numbers = new ArrayList<>();
        try {
            for (String name : FileCalls.list(directory)) {
                if (name.charAt(0) >= '0' && name.charAt(0) <= '9') {
                    numbers.add(Integer.valueOf(name));
                }
            }
        } catch (LinuxException e) {
            if (!ProcFile.isGone(e)) {
                throw e;
            }
        }
        numbers.sort(null);
        return numbers;
    }
}
