package dev.thaw.check.pid;

import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.check.pid.PidFacts.ThreadDifference;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScanner;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.ProcessCalls.Shared;
import dev.thaw.linux.proc.ProcessStat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks at a living tree. Nobody is stopped for it. */
public final class PidReader {
    private static final Set<String> EVENTS = Set.of("inotify", "fanotify");

    private PidReader() {}

    /**
     * @return empty when there is no such process
     * @throws LinuxException EACCES without the right to look at a process of the tree
     */
    public static Optional<PidFacts> read(int pid) {
        return TreeScanner.scan(pid).map(PidReader::read);
    }

    private static PidFacts read(TreeScan scan) {
        Outsiders outsiders = new Outsiders(scan);
        return new PidFacts(scan, outsiders.shares(), threads(scan), unreadEvents(scan), outsiders.sharedMemory(), leaders(scan));
    }

    private static List<ThreadDifference> threads(TreeScan scan) {
        List<ThreadDifference> found = new ArrayList<>();
        for (ScannedProcess process : scan.processes()) {
            for (int thread : process.threads()) {
                if (thread != process.pid()) {
                    differences(process, thread, found);
                }
            }
        }
        return found;
    }

    private static void differences(ScannedProcess process, int thread, List<ThreadDifference> found) {
        try {
            if (!ProcessCalls.isShared(process.pid(), thread, Shared.DESCRIPTOR_TABLE)) {
                found.add(new ThreadDifference(process.pid(), thread, "descriptors"));
            }
            if (!ProcessCalls.isShared(process.pid(), thread, Shared.DIRECTORIES)) {
                found.add(new ThreadDifference(process.pid(), thread, "working directory"));
            }
            String network = FileCalls.readlink("/proc/" + process.pid() + "/task/" + thread + "/ns/net");
            if (!network.equals(process.namespace("net"))) {
                found.add(new ThreadDifference(process.pid(), thread, "network namespace"));
            }
        } catch (LinuxException goneOrNotAllowed) {
            return;
        }
    }

    private static Map<Ref, Integer> unreadEvents(TreeScan scan) {
        Map<Ref, Integer> unread = new LinkedHashMap<>();
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                if (EVENTS.contains(descriptor.kind())) {
                    int bytes = unread(process.pid(), descriptor.fd());
                    if (bytes > 0) {
                        unread.put(new Ref(process.pid(), descriptor.fd()), bytes);
                    }
                }
            }
        }
        return unread;
    }

    /** 0 also where we may not look, as before Linux 5.6. */
    private static int unread(int pid, int fd) {
        try (OwnedFd process = ProcessCalls.pidfdOpen(pid); OwnedFd copy = ProcessCalls.pidfdGetFd(process.number(), fd)) {
            return FdCalls.bytesAvailable(copy.number());
        } catch (LinuxException goneOrNotAllowed) {
            return 0;
        }
    }

    private static Map<Integer, String> leaders(TreeScan scan) {
        Set<Integer> pids = scan.pids();
        Map<Integer, String> leaders = new LinkedHashMap<>();
        for (ScannedProcess process : scan.processes()) {
            for (int leader : List.of(process.session(), process.processGroup())) {
                if (leader > 0 && !pids.contains(leader)) {
                    ProcessStat.read(leader).ifPresent(stat -> leaders.put(leader, "pid " + leader + " (" + stat.comm() + ")"));
                }
            }
        }
        return leaders;
    }
}
