package dev.thaw.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.launcher.KernelJson;
import dev.thaw.rehearse.Rehearsal.Cycle;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(ReplaceUnderscores.class)
class RehearsalTextTest {
    private static final Observation GOOD = Observation.held("restore", "in 20 ms");
    private static final Observation BAD = Observation.not("probe", "it failed <&\"\u0007", List.of("word ".repeat(50)), "do this");

    @Test
    void each_cycle_says_what_held_and_what_not_and_sizes_come_as_percentiles() {
        String text = RehearsalText.of(rehearsal("criu", GOOD, BAD), 100);
        assertTrue(text.startsWith("cycle 1: held\n  held  restore             in 20 ms\ncycle 2: did not hold\n"), text);
        assertTrue(text.contains("\n        because: word word"), text);
        assertTrue(text.contains("\n        try: do this\n"), text);
        assertTrue(text.contains("stopped ms         50       50       50       50       50\n"), text);
        assertTrue(text.endsWith("1 of 2 cycles held, with close-pipes\nnext: thaw rehearse --image DIR, which keeps the checkpoint: thaw inspect DIR shows what is in it\n"), text);
        assertTrue(text.lines().allMatch(line -> line.length() <= 100), text);
    }

    @Test
    void a_rehearsal_without_memory_says_so_on_each_report_and_what_was_not_tried_is_neither_held_nor_failed() throws Exception {
        Observation untried = Observation.notTried("probe", "it takes memory");
        assertFalse(RehearsalText.of(rehearsal("criu", GOOD), 100).contains("No memory"));
        String text = RehearsalText.of(rehearsal("rehearse", GOOD, untried), 100);
        assertTrue(text.contains("  --    probe               not tried: it takes memory\n"), text);
        assertTrue(text.contains("2 of 2 cycles held"), text);
        assertTrue(text.replace("\n          ", " ").endsWith("\n" + RehearsalText.NO_MEMORY + "\nnext: thaw rehearse --engine criu -- COMMAND, as root: it restores the memory too\n"), text);
        assertTrue(text.lines().allMatch(line -> line.length() <= 100), text);
        Document xml = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(RehearsalXml.of(rehearsal("rehearse", GOOD, untried, BAD)).getBytes(StandardCharsets.UTF_8)));
        assertEquals(List.of("3", "1", "1"), Stream.of("tests", "failures", "skipped").map(xml.getDocumentElement()::getAttribute).toList());
        assertEquals("not tried: it takes memory", xml.getElementsByTagName("skipped").item(0).getAttributes().getNamedItem("message").getNodeValue());
        assertEquals("not restored", xml.getElementsByTagName("property").item(1).getAttributes().getNamedItem("value").getNodeValue());
        JsonObject json = JsonParser.parseString(KernelJson.pretty(rehearsal("rehearse", untried))).getAsJsonObject();
        assertFalse(json.get("memoryRestored").getAsBoolean());
        JsonObject probe = json.getAsJsonArray("cycles").get(0).getAsJsonObject().getAsJsonArray("observations").get(0).getAsJsonObject();
        assertFalse(probe.get("held").getAsBoolean() || probe.get("tried").getAsBoolean(), probe.toString());
    }

    @Test
    void the_xml_is_well_formed_and_counts() throws Exception {
        Document xml = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(RehearsalXml.of(rehearsal("criu", GOOD, BAD)).getBytes(StandardCharsets.UTF_8)));
        assertEquals(List.of("2", "1"), List.of(xml.getDocumentElement().getAttribute("tests"), xml.getDocumentElement().getAttribute("failures")));
        assertEquals(1, xml.getElementsByTagName("failure").getLength());
        assertEquals("cycle 2", xml.getElementsByTagName("testcase").item(1).getAttributes().getNamedItem("classname").getNodeValue());
    }

    @Test
    void a_long_name_has_a_line_of_its_own_and_the_next_command_depends_on_the_end() {
        Observation replaced = Observation.held("replace-file:/usr/lib/jvm/java-17/lib/server/libjvm.so", "another file");
        String text = RehearsalText.of(rehearsal("criu", replaced), 100);
        assertTrue(text.contains("  held  replace-file:/usr/lib/jvm/java-17/lib/server/libjvm.so\n          another file\n"), text);
        assertTrue(text.endsWith("\nnext: thaw run --image IMAGE -- COMMAND\n"), text);
        Rehearsal refused = new Rehearsal(List.of("app"), "criu", true, List.of(), "/kept", 1, List.of(new Cycle(1, List.of(BAD), 0, 0, 0, 0)), List.of());
        assertTrue(RehearsalText.of(refused, 100).endsWith("\nnext: thaw rehearse, after that\n"));
        Rehearsal kept = new Rehearsal(List.of("app"), "criu", true, List.of(), "/kept", 1, List.of(new Cycle(1, List.of(BAD), 9, 1, 1, 1)), List.of());
        assertTrue(RehearsalText.of(kept, 100).endsWith("\nnext: thaw inspect /kept\n"));
    }

    @Test
    void percentiles_are_values_that_were_measured() {
        assertEquals(new Percentiles(1, 5, 9, 10, 10), Percentiles.of(10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
        assertEquals(new Percentiles(7, 7, 7, 7, 7), Percentiles.of(7));
    }

    @Test
    void changes_are_read_from_words() {
        assertEquals(List.of(Change.Simple.CLOSE_PIPES, Change.Simple.ROTATE_LOGS, new Change.ReplaceFile("/etc/x"),
                new Change.Time(Duration.ofHours(1), "1h")),
                Change.parse(List.of("close-pipes,rotate-logs", "replace-file:/etc/x", "time:+1h")));
        assertEquals("time:+1h", Change.parse(List.of("time:+1h")).get(0).word(), "as the user wrote it");
        assertThrows(IllegalArgumentException.class, () -> Change.parse(List.of("replace-file:relative")));
        assertThrows(IllegalArgumentException.class, () -> Change.parse(List.of("closepipes")));
    }

    private static Rehearsal rehearsal(String engine, Observation... observations) {
        List<Cycle> cycles = new java.util.ArrayList<>();
        for (Observation one : observations) {
            cycles.add(new Cycle(cycles.size() + 1, List.of(one), 1 << 20, 30, 20, 50));
        }
        return new Rehearsal(List.of("app", "<x>"), engine, engine.equals("criu"), List.of("close-pipes"), "", observations.length, cycles, List.of());
    }
}
