package dev.thaw.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.Use;
import dev.thaw.rehearse.TreeView.Descriptor;
import dev.thaw.rehearse.TreeView.Place;
import dev.thaw.restore.StandIn.Arrival;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ArrivalsTest {
    private static final Place LOG = new Place(100, 3);
    private static final Place COPY = new Place(101, 4);
    private static final Place LEFT = new Place(100, 5);
    private static final Descriptor AT_5 = new Descriptor("file", "/log", "write", true, 5);

    @Test
    void what_arrived_is_compared_at_its_places_and_what_criu_restores_is_not() {
        TreeView whole = new TreeView(Map.of(), Map.of(LOG, AT_5, COPY, AT_5, LEFT, AT_5), Set.of(Set.of(LOG, COPY)), Set.of());
        List<Arrival> arrivals = List.of(arrival(5, LOG, COPY));
        assertEquals(Set.of(LOG, COPY), Arrivals.before(whole, arrivals).descriptors().keySet());
        assertTrue(compared(whole, arrivals).allMatch(Observation::held));
        assertEquals(List.of("fd 3 of pid 100 was file /log, write append, offset 5, and is file /log, write append, offset 9",
                "fd 4 of pid 101 was file /log, write append, offset 5, and is file /log, write append, offset 9"),
                compared(whole, List.of(arrival(9, LOG, COPY))).filter(Observation::failed).findFirst().orElseThrow().because());
    }

    @Test
    void a_description_of_which_a_part_stays_with_criu_does_not_hold() {
        TreeView whole = new TreeView(Map.of(), Map.of(LOG, AT_5, LEFT, AT_5), Set.of(Set.of(LOG, LEFT)), Set.of());
        assertEquals(List.of("fd 3 of pid 100, fd 5 of pid 100 were one open file description, and are not"),
                compared(whole, List.of(arrival(5, LOG))).filter(Observation::failed).findFirst().orElseThrow().because());
    }

    @Test
    void what_did_not_arrive_is_told_with_its_place_and_source() {
        Arrival there = arrival(5, LOG);
        assertEquals(List.of("fd 3 of pid 100: /log O_WRONLY|O_APPEND as fd[3]:log is file /log, inode 77, write append, offset 5, the same open file description"),
                Arrivals.handover(List.of(there)).because());
        assertEquals("there is nothing to hand over", Arrivals.handover(List.of()).what());
        Observation not = Arrivals.handover(List.of(there, new Arrival(there.handover(), there.got(), Optional.of("it has /x there"), "")));
        assertFalse(not.held());
        assertEquals(List.of("fd 3 of pid 100 would not get /log O_WRONLY|O_APPEND: it has /x there"), not.because());
    }

    private static Stream<Observation> compared(TreeView whole, List<Arrival> arrivals) {
        TreeView after = Arrivals.after(arrivals);
        return new TreeComparison(Arrivals.before(whole, arrivals), after, after, Set.of(), Map.of(), false).ofDescriptors(true).stream();
    }

    private static Arrival arrival(long offset, Place... places) {
        List<Use> uses = Stream.of(places).map(place -> new Use(Use.Kind.DESCRIPTOR, List.of(place.pid()), 1, place.fd())).toList();
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_APPEND;
        Handover handover = new Handover(3, "log", Handover.Way.BY_KEY, uses, "/log", new Opening.Path("/log", flags, OptionalInt.empty(), -1), flags,
                new Handover.Bytes(new byte[0]), "auto", "");
        return new Arrival(handover, Optional.of(new DescriptorDescription(3, "file", "/log", "log", "write", flags, 1, 77, 1, offset)), Optional.empty(), "the same open file description");
    }
}
