package dev.thaw.inspect;

import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.FileView;
import dev.thaw.inspect.Inspection.ProcessView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What is different between two images. Pure; its members are those of the JSON that {@code thaw diff --json} prints.
 *
 * @param before directory of the one
 * @param after directory of the other
 */
public record Difference(String before, String after, List<Change> processes, List<Change> descriptors, List<Change> files, List<Change> cgroups,
        Memory memory) {

    /**
     * @param what the process, the descriptor, the file
     * @param before empty when it was not there
     * @param after empty when it is not there any more
     */
    public record Change(String what, String before, String after) {}

    /**
     * Of criu's images as a whole, and of each process whose memory is of another size.
     *
     * @param processes numbers of bytes in the texts
     */
    public record Memory(long beforeBytes, long afterBytes, List<Change> processes) {
        public Memory {
            processes = List.copyOf(processes);
        }
    }

    public Difference {
        processes = List.copyOf(processes);
        descriptors = List.copyOf(descriptors);
        files = List.copyOf(files);
        cgroups = List.copyOf(cgroups);
    }

    /** Whether everything but the memory is the same. */
    public boolean isEmpty() {
        return processes.isEmpty() && descriptors.isEmpty() && files.isEmpty() && cgroups.isEmpty();
    }

    public static Difference of(Inspection before, Inspection after) {
        Map<Integer, ProcessView> old = byPid(before);
        Map<Integer, ProcessView> now = byPid(after);
        List<Change> memory = new ArrayList<>();
        List<Change> descriptors = new ArrayList<>();
        for (ProcessView process : after.processes()) {
            ProcessView earlier = old.get(process.pid());
            if (earlier != null) {
                compare(memory, "pid " + process.pid() + " " + process.command(), Long.toString(earlier.memoryBytes()), Long.toString(process.memoryBytes()));
                compareAll(descriptors, "pid " + process.pid() + " fd ", descriptors(earlier), descriptors(process));
            }
        }
        List<Change> processes = new ArrayList<>();
        compareAll(processes, "pid ", texts(old, Difference::text), texts(now, Difference::text));
        List<Change> files = new ArrayList<>();
        compareAll(files, "", files(before), files(after));
        List<Change> cgroups = new ArrayList<>();
        compareAll(cgroups, "", cgroups(before), cgroups(after));
        return new Difference(before.directory(), after.directory(), processes, descriptors, files, cgroups,
                new Memory(before.bytes(), after.bytes(), memory));
    }

    private static Map<Integer, ProcessView> byPid(Inspection inspection) {
        Map<Integer, ProcessView> processes = new LinkedHashMap<>();
        inspection.processes().forEach(process -> processes.put(process.pid(), process));
        return processes;
    }

    private static <T> Map<String, String> texts(Map<Integer, T> values, Function<T, String> text) {
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((key, value) -> texts.put(key.toString(), text.apply(value)));
        return texts;
    }

    private static String text(ProcessView process) {
        return process.command() + ", " + (process.parentPid() == 0 ? "root" : "child of " + process.parentPid()) + ", " + process.state() + ", "
                + process.threads() + (process.threads() == 1 ? " thread" : " threads") + ", session " + process.session() + ", uid " + process.uid()
                + (process.directory().isEmpty() ? "" : ", in " + process.directory());
    }

    private static Map<String, String> descriptors(ProcessView process) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (DescriptorView one : process.descriptors()) {
            String shared = process.descriptors().stream().filter(other -> other.fd() < one.fd() && other.description() == one.description())
                    .findFirst().map(other -> ", same as fd " + other.fd()).orElse("");
            texts.put(Integer.toString(one.fd()), one.kind() + " " + withoutInode(one) + ", " + one.access() + (one.flags().isEmpty() ? "" : " " + one.flags())
                    + (one.offset() < 0 ? "" : ", offset " + one.offset()) + (one.closeOnExec() ? ", close-on-exec" : "") + shared
                    + (one.otherEnd().isEmpty() ? "" : "; " + one.otherEnd()));
        }
        return texts;
    }

    /** After a restore pipes and sockets have other inodes, and are the same to the application. */
    private static String withoutInode(DescriptorView descriptor) {
        return descriptor.link().replaceFirst("^(pipe|socket):\\[[0-9]+]", "$1");
    }

    private static Map<String, String> files(Inspection inspection) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (FileView file : inspection.files()) {
            texts.put(file.path() + file.state(), "mapped");
        }
        return texts;
    }

    private static Map<String, String> cgroups(Inspection inspection) {
        Map<String, String> texts = new LinkedHashMap<>();
        inspection.cgroups().forEach(one -> texts.put(one.hierarchy(), one.path()));
        return texts;
    }

    private static void compareAll(List<Change> changes, String prefix, Map<String, String> before, Map<String, String> after) {
        Set<String> keys = new LinkedHashSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys.stream().allMatch(key -> key.matches("[0-9]+")) ? inOrder(keys) : keys) {
            compare(changes, prefix + key, before.getOrDefault(key, ""), after.getOrDefault(key, ""));
        }
    }

    private static Set<String> inOrder(Set<String> numbers) {
        Set<String> sorted = new TreeSet<>((a, b) -> Long.compare(Long.parseLong(a), Long.parseLong(b)));
        sorted.addAll(numbers);
        return sorted;
    }

    private static void compare(List<Change> changes, String what, String before, String after) {
        if (!Objects.equals(before, after)) {
            changes.add(new Change(what, before, after));
        }
    }
}
