package dev.thaw.inspect;

import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.FileView;
import dev.thaw.inspect.Inspection.ProcessView;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What of an image is asked for. Pure.
 *
 * @param pids of the processes; empty for all
 * @param descriptors empty for all
 */
public record Narrowing(Set<Integer> pids, List<Descriptor> descriptors) {
    /** @param pid 0 for that number of each process */
    public record Descriptor(int pid, int fd) {}

    public Narrowing {
        pids = Set.copyOf(pids);
        descriptors = List.copyOf(descriptors);
    }

    /** What is asked for, in the words of the options. */
    public String text() {
        return Stream.concat(pids.stream().sorted().map(pid -> "--process " + pid), descriptors.stream().map(one -> "--descriptor " + (one.pid() == 0 ? "" : one.pid() + "/")
                + one.fd())).collect(Collectors.joining(" "));
    }

    /** The image with only these processes, and of them only these descriptors; a process that has none of them is left out. */
    public Inspection of(Inspection all) {
        if (pids.isEmpty() && descriptors.isEmpty()) {
            return all;
        }
        List<ProcessView> processes = all.processes().stream().filter(process -> pids.isEmpty() || pids.contains(process.pid()))
                .map(this::only).filter(process -> descriptors.isEmpty() || !process.descriptors().isEmpty()).toList();
        List<FileView> files = descriptors.isEmpty() ? all.files().stream().filter(file -> file.usedBy().stream().anyMatch(pids::contains)).toList()
                : List.of();
        return new Inspection(all.directory(), all.generation(), all.created(), all.thawVersion(), all.criuVersion(), all.bytes(), all.shellJob(),
                all.tcpClose(), all.quarantined(), all.namespaces(), processes, files, List.of());
    }

    private ProcessView only(ProcessView process) {
        List<DescriptorView> some = process.descriptors().stream().filter(descriptor -> wants(process.pid(), descriptor.fd())).toList();
        return new ProcessView(process.pid(), process.parentPid(), process.session(), process.processGroup(), process.command(), process.state(),
                process.threads(), process.uid(), process.executable(), process.directory(), process.memoryBytes(), some);
    }

    private boolean wants(int pid, int fd) {
        return descriptors.isEmpty() || descriptors.stream().anyMatch(one -> one.fd() == fd && (one.pid() == 0 || one.pid() == pid));
    }
}
