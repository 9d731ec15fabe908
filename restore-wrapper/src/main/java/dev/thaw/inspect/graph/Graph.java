package dev.thaw.inspect.graph;

import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.EndView;
import dev.thaw.inspect.Inspection.ProcessView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Processes and who is outside, with the pipes, sockets and terminals between them. Pure.
 *
 * @param nodes processes first, parents before children
 * @param edges each once, from who writes to who reads where that is one direction
 */
public record Graph(List<Node> nodes, List<Edge> edges) {
    public Graph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /**
     * @param id a word, unique
     * @param label lines for people
     * @param parent id of the parent process; empty for the root and for who is outside
     * @param depth below the root
     */
    public record Node(String id, List<String> label, String parent, int depth, boolean outside) {}

    /** @param bothWays whether bytes go in both directions */
    public record Edge(String from, String to, String label, boolean bothWays) {}

    public static Graph of(Inspection inspection) {
        Map<String, Node> nodes = new LinkedHashMap<>();
        for (ProcessView process : inspection.processes()) {
            Node parent = nodes.get(id(process.parentPid()));
            List<String> label = List.of("pid " + process.pid(), process.command());
            nodes.put(id(process.pid()), new Node(id(process.pid()), label, parent == null ? "" : parent.id(), parent == null ? 0 : parent.depth() + 1, false));
        }
        Set<Edge> edges = new LinkedHashSet<>();
        for (ProcessView process : inspection.processes()) {
            for (DescriptorView descriptor : process.descriptors()) {
                inside(process, descriptor, nodes, edges);
                outside(process, descriptor, nodes, edges);
            }
        }
        return new Graph(new ArrayList<>(nodes.values()), new ArrayList<>(edges));
    }

    private static void inside(ProcessView process, DescriptorView descriptor, Map<String, Node> nodes, Set<Edge> edges) {
        boolean oneWay = descriptor.kind().equals("pipe");
        for (EndView end : descriptor.connected()) {
            boolean told = oneWay ? descriptor.access().equals("read") : isSecond(process.pid(), descriptor.fd(), end);
            // Of what goes both ways one side tells; a pipe is told by who writes.
            if (!told && nodes.containsKey(id(end.pid())) && (end.pid() != process.pid())) {
                edges.add(new Edge(id(process.pid()), id(end.pid()), descriptor.kind() + " fd " + descriptor.fd() + " to fd " + end.fd(), !oneWay));
            }
        }
    }

    private static boolean isSecond(int pid, int fd, EndView other) {
        return pid > other.pid() || pid == other.pid() && fd > other.fd();
    }

    private static void outside(ProcessView process, DescriptorView descriptor, Map<String, Node> nodes, Set<Edge> edges) {
        for (String who : descriptor.outside()) {
            String label = who.equals("outside the image") ? "outside" : who;
            Node node = nodes.values().stream().filter(one -> one.outside() && one.label().equals(List.of(label))).findFirst()
                    .orElseGet(() -> new Node("outside" + nodes.size(), List.of(label), "", 0, true));
            nodes.put(node.id(), node);
            String text = descriptor.kind() + " fd " + descriptor.fd();
            boolean reads = descriptor.access().equals("read");
            edges.add(reads ? new Edge(node.id(), id(process.pid()), text, false)
                    : new Edge(id(process.pid()), node.id(), text, !descriptor.access().equals("write")));
        }
    }

    private static String id(int pid) {
        return "pid" + pid;
    }
}
