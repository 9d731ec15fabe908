package dev.thaw.inspect.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.ImageBuilder;
import dev.thaw.image.ResolvedImage;
import dev.thaw.inspect.Inspector;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(ReplaceUnderscores.class)
class GraphTest {
    private final ImageBuilder image = new ImageBuilder();

    @Test
    void a_pipe_is_told_once_from_who_writes_to_who_reads() {
        image.task(100).command("a\"<&").fd(1, image.pipeWriter(77));
        image.task(101).session(100).command("b").fd(0, image.pipeReader(77));
        assertEquals(List.of(new Graph.Edge("pid100", "pid101", "pipe fd 1 to fd 0", false)), graph().edges());
        assertEquals(1, graph().nodes().get(1).depth());
        assertTrue(Dot.of(graph()).contains("  pid100 [label=\"pid 100\\na\\\"<&\"];\n"), Dot.of(graph()));
        assertTrue(Dot.of(graph()).contains("  pid100 -> pid101 [label=\"pipe fd 1 to fd 0\"];\n"), Dot.of(graph()));
    }

    @Test
    void a_socket_pair_is_told_once_and_both_ways() {
        image.task(100).command("a").fd(3, image.unix(11).peer(12));
        image.task(101).session(100).command("b").fd(4, image.unix(12).peer(11));
        assertEquals(List.of(new Graph.Edge("pid100", "pid101", "socket fd 3 to fd 4", true)), graph().edges());
        assertTrue(Dot.of(graph()).contains("dir=both"), Dot.of(graph()));
    }

    @Test
    void who_is_outside_is_a_node_of_its_own() {
        image.task(100).command("a").fd(0, image.pipeReader(70)).fd(1, image.pipeWriter(77));
        assertEquals(List.of("pid100", "outside1"), graph().nodes().stream().map(Graph.Node::id).toList());
        assertEquals(List.of(new Graph.Edge("outside1", "pid100", "pipe fd 0", false), new Graph.Edge("pid100", "outside1", "pipe fd 1", false)), graph().edges());
    }

    @Test
    void the_picture_is_well_formed_and_has_a_box_for_each_and_an_arc_for_each() throws Exception {
        image.task(100).command("a<&").fd(1, image.pipeWriter(77)).fd(2, image.pipeWriter(70));
        image.task(101).session(100).command("b").fd(0, image.pipeReader(77));
        Document svg = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(Svg.of(graph()).getBytes(StandardCharsets.UTF_8)));
        assertEquals(3, svg.getElementsByTagName("rect").getLength());
        assertEquals("pid 100  a<&", svg.getElementsByTagName("text").item(0).getTextContent());
        assertEquals(2, Svg.of(graph()).lines().filter(line -> line.contains("marker-end")).count());
    }

    private Graph graph() {
        return Graph.of(Inspector.inspect(new ResolvedImage(Optional.empty(), "/img", OptionalInt.empty(), false), image.snapshot(), Optional.empty()));
    }
}
