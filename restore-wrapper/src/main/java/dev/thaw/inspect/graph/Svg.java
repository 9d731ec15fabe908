package dev.thaw.inspect.graph;

import dev.thaw.linux.KernelString;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A graph as a picture that every browser shows: the tree at the left, a row for each process, and arcs at the right for what connects them. */
public final class Svg {
    private static final int ROW = 44;
    private static final int BOX = 28;
    private static final int INDENT = 24;
    private static final int CHAR = 8;
    private static final int LEFT = 12;
    private static final int ARC = 26;

    private final Graph graph;
    private final Map<String, Integer> rows = new HashMap<>();
    private final StringBuilder text = new StringBuilder();
    private final int right;

    private Svg(Graph graph) {
        this.graph = graph;
        int width = 0;
        for (Graph.Node node : graph.nodes()) {
            rows.put(node.id(), rows.size());
            width = Math.max(width, x(node) + width(node));
        }
        right = width + LEFT;
    }

    public static String of(Graph graph) {
        return new Svg(graph).draw();
    }

    private String draw() {
        List<Graph.Edge> edges = graph.edges();
        int labels = edges.stream().mapToInt(edge -> edge.label().length() * CHAR).max().orElse(0);
        int width = right + ARC * (edges.size() + 1) + labels + LEFT;
        text.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"monospace\" font-size=\"13\">%n",
                width, ROW * graph.nodes().size() + 2 * LEFT));
        text.append("<defs><marker id=\"arrow\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto-start-reverse\">"
                + "<path d=\"M0,0 L8,4 L0,8 z\"/></marker></defs>\n");
        graph.nodes().forEach(this::node);
        for (int i = 0; i < edges.size(); i++) {
            edge(edges.get(i), right + ARC * (i + 1));
        }
        return text.append("</svg>\n").toString();
    }

    private void node(Graph.Node node) {
        int x = x(node);
        int y = middle(node.id());
        if (!node.parent().isEmpty()) {
            int down = x - INDENT / 2;
            text.append(String.format(Locale.ROOT, "<path d=\"M%d,%d V%d H%d\" fill=\"none\" stroke=\"#999\"/>%n", down, middle(node.parent()) + BOX / 2, y, x));
        }
        text.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"%s\" stroke=\"#333\"%s/>%n", x, y - BOX / 2,
                width(node), BOX, node.outside() ? "#fff" : "#eef4fb", node.outside() ? " stroke-dasharray=\"4\"" : ""));
        text.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x + CHAR, y + 4, escaped(label(node))));
    }

    private void edge(Graph.Edge edge, int bend) {
        int from = middle(edge.from());
        int to = middle(edge.to());
        text.append(String.format(Locale.ROOT, "<path d=\"M%d,%d H%d V%d H%d\" fill=\"none\" stroke=\"#06c\" marker-end=\"url(#arrow)\"%s/>%n", end(edge.from()), from - 5,
                bend, to + 5, end(edge.to()), edge.bothWays() ? " marker-start=\"url(#arrow)\"" : ""));
        text.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" fill=\"#06c\" font-size=\"11\">%s</text>%n", bend + 4, (from + to) / 2 + 4, escaped(edge.label())));
    }

    private int end(String id) {
        Graph.Node node = graph.nodes().get(rows.get(id));
        return x(node) + width(node);
    }

    private int middle(String id) {
        return LEFT + ROW * rows.get(id) + ROW / 2;
    }

    private static int x(Graph.Node node) {
        return LEFT + INDENT * node.depth();
    }

    private static int width(Graph.Node node) {
        return CHAR * (label(node).length() + 2);
    }

    private static String label(Graph.Node node) {
        return KernelString.printable(String.join("  ", node.label()));
    }

    private static String escaped(String text) {
        return KernelString.printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
