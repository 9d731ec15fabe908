package dev.thaw.inspect.graph;

import dev.thaw.linux.KernelString;
import java.util.stream.Collectors;

/** A graph in the language of Graphviz. */
public final class Dot {
    private Dot() {}

    public static String of(Graph graph) {
        StringBuilder text = new StringBuilder("digraph image {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n");
        for (Graph.Node node : graph.nodes()) {
            String label = node.label().stream().map(Dot::escaped).collect(Collectors.joining("\\n"));
            text.append("  ").append(node.id()).append(" [label=\"").append(label).append('"').append(node.outside() ? ", style=dashed" : "").append("];\n");
        }
        for (Graph.Node node : graph.nodes()) {
            if (!node.parent().isEmpty()) {
                text.append("  ").append(node.parent()).append(" -> ").append(node.id()).append(" [style=dotted, arrowhead=none];\n");
            }
        }
        for (Graph.Edge edge : graph.edges()) {
            text.append("  ").append(edge.from()).append(" -> ").append(edge.to()).append(" [label=\"").append(escaped(edge.label())).append('"')
                    .append(edge.bothWays() ? ", dir=both" : "").append("];\n");
        }
        return text.append("}\n").toString();
    }

    private static String escaped(String text) {
        return KernelString.printable(text).replace("\\", "\\\\").replace("\"", "\\\"");
    }
}
