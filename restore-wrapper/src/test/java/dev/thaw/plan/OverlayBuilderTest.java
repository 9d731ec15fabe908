package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FdType;
import dev.thaw.image.FileEdits;
import dev.thaw.image.FileId;
import dev.thaw.image.FileSpec;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TableEdits;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** The image as criu is to see it. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class OverlayBuilderTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private RestorePlan.OverlayEdits overlay() {
        return scenario.plan().overlay().orElseThrow();
    }

    private static FileId regular(int id) {
        return new FileId(FdType.REGULAR, id);
    }

    @Test
    void without_targeted_handovers_the_images_are_used_as_they_are() {
        root.fd(1, scenario.image.pipeWriter(5));
        assertEquals(Optional.empty(), scenario.plan().overlay());
    }

    @Test
    void a_link_of_the_dumps_making_is_not_looked_for_when_its_file_is_replaced() {
        FileSpec deleted = scenario.image.regular("/data/a").mode(0100644).size(10);
        scenario.image.remap(deleted, scenario.image.regular("/data/link_remap.7").mode(0100644).size(10).id().id(), RemapImage.Kind.LINKED);
        root.fd(5, deleted).fd(6, deleted);
        scenario.map("fd:5", "null").map("fd:6", "null");
        assertEquals(Set.of(deleted.id().id()), overlay().droppedRemaps());
    }

    @Test
    void it_is_when_another_descriptor_still_has_the_file() {
        FileSpec deleted = scenario.image.regular("/data/a").mode(0100644).size(10);
        scenario.image.remap(deleted, scenario.image.regular("/data/link_remap.7").mode(0100644).size(10).id().id(), RemapImage.Kind.LINKED);
        root.fd(5, deleted).fd(6, deleted);
        scenario.here.file("/data/link_remap.7", 10);
        scenario.map("fd:5", "null");
        assertEquals(Set.of(), overlay().droppedRemaps());
    }

    @Test
    void what_is_in_flight_too_stays() {
        FileSpec pipe = scenario.image.pipeReader(5);
        FileSpec socket = scenario.image.unix(10).peer(11);
        root.fd(0, pipe).fd(4, scenario.image.pipeWriter(5)).fd(5, socket).fd(6, scenario.image.unix(11).peer(10));
        scenario.image.inFlight(socket, pipe);
        scenario.map("fd:0", "read:/tmp/in");
        scenario.here.file("/tmp/in", 1);
        assertEquals(Set.of(), overlay().files().dropped());
    }

    @Test
    void each_targeted_handover_gets_an_entry_that_no_path_has() {
        FileSpec out = scenario.image.pipeWriter(5);
        root.fd(1, out).fd(2, out).fd(7, scenario.image.regular("/data/a").flags(OpenFlags.O_RDWR | OpenFlags.O_LARGEFILE));
        scenario.image.task(101).fd(4, out);
        scenario.here.file("/data/a", 0);
        scenario.stdout("append:/tmp/out");
        RestorePlan.OverlayEdits overlay = overlay();
        assertEquals(List.of(new FileEdits.Added(3, OpenFlags.O_WRONLY, "/thaw-handover/3")), overlay.files().added());
        assertEquals(Map.of(1, new TableEdits(Map.of(1, regular(3), 2, regular(3)), Map.of()), 2,
                new TableEdits(Map.of(4, regular(3)), Map.of())), overlay.tables());
        assertEquals("thaw-handover/3", scenario.handover(0).key());
    }

    @Test
    void a_closed_descriptor_is_added_to_its_table() {
        root.fd(1, scenario.image.pipeWriter(5));
        scenario.stdin("null").stdout("inherit");
        assertEquals(Map.of(1, new TableEdits(Map.of(), Map.of(0, new DescriptorImage(0, regular(2), false)))), overlay().tables());
        assertEquals(List.of(new FileEdits.Added(2, OpenFlags.O_RDWR, "/thaw-handover/2")), overlay().files().added());
    }

    @Test
    void a_pipe_without_a_descriptor_is_dropped_and_one_with_a_descriptor_is_not() {
        FileSpec gone = scenario.image.pipeWriter(5);
        FileSpec shared = scenario.image.pipeWriter(6);
        root.fd(1, gone).fd(5, shared).fd(6, shared).fd(7, scenario.image.pipeReader(6));
        scenario.stdout("append:/tmp/out").map("fd:5", "null");
        assertEquals(Set.of(gone.id()), overlay().files().dropped());
    }

    @Test
    void files_and_memory_files_stay_for_mappings_and_directories_refer_to_them() {
        root.fd(5, scenario.image.regular("/data/a")).fd(6, scenario.image.memfd("cache", 1)).maps(scenario.image.memfd("cache", 1));
        scenario.here.file("/data/a", 0).file("/data/b", 0);
        root.maps(scenario.image.regular("/data/a"));
        scenario.map("fd:5", "read:/data/b").map("fd:6", "null");
        assertEquals(2, overlay().files().added().size());
        assertEquals(Set.of(), overlay().files().dropped());
    }

    @Test
    void a_terminal_without_a_descriptor_is_dropped_with_its_description() {
        FileSpec terminal = scenario.image.pty(3, false, 100);
        root.fd(0, terminal).fd(1, terminal).fd(2, terminal);
        assertEquals(Set.of(terminal.id()), overlay().files().dropped());
        assertEquals(Set.of(6), overlay().droppedTerminals());
    }

    @Test
    void a_terminal_that_was_opened_twice_is_dropped_with_the_second_opening() {
        FileSpec terminal = scenario.image.pty(3, false, 100);
        FileSpec again = scenario.image.pty(3, false, 100);
        root.fd(1, terminal).fd(5, again).fd(6, scenario.image.pty(3, true));
        scenario.stdout("append:/tmp/out").map("fd:5", "null");
        assertEquals(Set.of(terminal.id(), again.id()), overlay().files().dropped());
        assertEquals(Set.of(6), overlay().droppedTerminals());
    }

    @Test
    void a_terminal_that_is_still_open_somewhere_keeps_its_description() {
        FileSpec terminal = scenario.image.pty(3, false, 100);
        root.fd(5, terminal).fd(6, scenario.image.pty(3, false, 100)).fd(7, scenario.image.pty(3, true));
        scenario.map("fd:5", "null");
        assertEquals(Set.of(terminal.id()), overlay().files().dropped());
        assertEquals(Set.of(), overlay().droppedTerminals());
    }

    @Test
    void sockets_without_a_descriptor_are_dropped_with_the_stand_in_of_their_peer() {
        FileSpec datagram = scenario.image.unix(10).datagram().peer(11);
        FileSpec standIn = scenario.image.unix(11).externPlaceholder().name("/dev/log");
        FileSpec listener = scenario.image.listener(20, 8080);
        root.fd(5, datagram).fd(6, listener);
        scenario.map("fd:5", "null").map("fd:6", "null");
        assertEquals(Set.of(datagram.id(), standIn.id(), listener.id()), overlay().files().dropped());
    }

    @Test
    void a_stand_in_stays_while_another_socket_is_connected_to_it() {
        FileSpec datagram = scenario.image.unix(10).datagram().peer(11);
        scenario.image.unix(11).externPlaceholder().name("/dev/log");
        scenario.here.socket("/dev/log");
        root.fd(5, datagram).fd(6, scenario.image.unix(12).datagram().peer(11));
        scenario.map("fd:5", "null");
        assertEquals(Set.of(datagram.id()), overlay().files().dropped());
    }

    @Test
    void a_stand_in_that_nobody_was_connected_to_stays() {
        scenario.image.unix(11).externPlaceholder().name("/dev/log");
        root.fd(5, scenario.image.eventfd(0));
        scenario.map("fd:5", "null");
        assertEquals(Set.of(new FileId(FdType.EVENTFD, 2)), overlay().files().dropped());
    }
}
