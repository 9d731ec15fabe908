package dev.thaw.checkpoint;

import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogContext.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the lines of a failed dump's log may speak of, as the living tree was seen. Pure. */
final class ScanLogContext {
    private static final Set<String> WITH_INODE = Set.of("pipe", "socket");

    private ScanLogContext() {}

    static LogContext of(TreeScan scan) {
        List<LogContext.Process> processes = new ArrayList<>();
        List<Held> held = new ArrayList<>();
        for (ScannedProcess process : scan.processes()) {
            int pid = scan.imagePid(process);
            List<Integer> threads = pid == process.pid() ? process.threads() : List.of(pid);
            processes.add(new LogContext.Process(pid, process.command(), threads));
            for (ScannedDescriptor one : process.descriptors()) {
                long inode = WITH_INODE.contains(one.kind()) ? one.description().inode() : LogContext.ABSENT;
                held.add(Held.descriptor(pid, process.command(), one.fd(), one.description().link(), LogContext.ABSENT, inode));
            }
        }
        return new LogContext(processes, held);
    }
}
