package dev.thaw.it.restore;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.it.FdEntry;
import dev.thaw.it.Puppet;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;

/**
 * The descriptor tables of a tree in words that are the same whenever everything that matters is: kind, target, offset, flags, what the kernel tells of
 * the kind (fdinfo: locks, counters, watched files), and which descriptors of which processes are one open file description.
 */
final class DescriptorTables {
    private final Map<Long, String> known;
    private final IntUnaryOperator pids;
    private final Map<String, List<int[]>> alike = new HashMap<>();
    private final List<String> lines = new ArrayList<>();

    private DescriptorTables(Map<Long, String> known, IntUnaryOperator pids) {
        this.known = new HashMap<>(known);
        this.pids = pids;
    }

    /** @param streams inode → name of what the caller has handed over; other pipes, sockets and terminals count in their order */
    static List<String> of(Puppet puppet, Map<Long, String> streams) {
        return of(puppet, streams, pid -> pid);
    }

    /** @param pids that it sees → ours */
    static List<String> of(Puppet puppet, Map<Long, String> streams, IntUnaryOperator pids) {
        DescriptorTables tables = new DescriptorTables(streams, pids);
        tables.add("root", puppet);
        return tables.lines;
    }

    private void add(String name, Puppet puppet) {
        int pid = pids.applyAsInt(puppet.pid());
        for (FdEntry entry : FdEntry.table(pid)) {
            lines.add(name + "/" + entry.fd() + " " + target(entry) + " flags " + Integer.toOctalString(entry.flags()) + (entry.closeOnExec() ? " cloexec" : "")
                    + " at " + entry.position() + " is " + description(name, pid, entry) + " " + told(pid, entry.fd()));
        }
        for (int i = 0; i < puppet.children().size(); i++) {
            add(name + "." + i, puppet.children().get(i));
        }
    }

    private String target(FdEntry entry) {
        boolean numbered = entry.link().matches("(pipe|socket):\\[\\d+\\]|/dev/pts/\\d+");
        String kind = entry.link().replaceFirst("\\[?\\d+\\]?$", "");
        return numbered || known.containsKey(entry.inode()) ? known.computeIfAbsent(entry.inode(), inode -> kind + "#" + known.size()) : entry.link();
    }

    /** The first descriptor with the same open file description. */
    private String description(String name, int pid, FdEntry entry) {
        List<int[]> candidates = alike.computeIfAbsent(entry.device() + " " + entry.inode() + " " + entry.flags() + " " + entry.position(), key -> new ArrayList<>());
        for (int[] one : candidates) {
            if (ProcessCalls.kcmpFile(one[0], one[1], pid, entry.fd()) == 0) {
                return lines.get(one[2]).substring(0, lines.get(one[2]).indexOf(' '));
            }
        }
        candidates.add(new int[] {pid, entry.fd(), lines.size()});
        return name + "/" + entry.fd();
    }

    /** Without numbers that the kernel gives anew, and times. */
    private static String told(int pid, int fd) {
        return new String(FileCalls.readAll("/proc/" + pid + "/fdinfo/" + fd), UTF_8).lines()
                .filter(line -> !line.matches("(pos|flags|mnt_id|ino|eventfd-id|it_value):.*"))
                .map(line -> line.startsWith("tfd:") ? line.replaceAll("(ino|sdev):\\S+", "") : line).sorted().collect(Collectors.joining(", "));
    }
}
