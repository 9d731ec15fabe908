package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Descriptors that were sent over a socket and not received yet. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class InFlightTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");
    private final FileSpec socket = scenario.image.unix(10).peer(11);

    @BeforeEach
    void a_pair_of_sockets_is_in_the_tree() {
        root.fd(5, socket).fd(6, scenario.image.unix(11).peer(10));
    }

    @Test
    void a_file_that_is_as_it_was_is_left_to_criu() {
        scenario.image.inFlight(socket, scenario.image.regular("/data/a").mode(0100644).size(10));
        scenario.here.file("/data/a", 10);
        assertEquals(List.of(), scenario.handovers());
    }

    @Test
    void a_file_that_is_not_is_a_problem() {
        scenario.image.inFlight(socket, scenario.image.regular("/data/a").mode(0100644).size(10));
        scenario.here.file("/data/a", 12);
        assertEquals(List.of("a descriptor of /data/a is in flight: it was sent over a socket and not received yet",
                "because: its size was 10 and is 12", "because: nothing can be handed over in its place, for it has no number",
                "try: put the file back as it was"), scenario.problem());
    }

    @Test
    void a_pipe_whose_other_end_was_outside_is_a_problem() {
        scenario.image.inFlight(socket, scenario.image.pipeWriter(7));
        assertEquals(List.of("a descriptor of pipe:[7] is in flight: it was sent over a socket and not received yet"), scenario.whats());
    }

    @Test
    void one_end_may_be_in_flight_and_the_other_open() {
        root.fd(7, scenario.image.pipeReader(7));
        scenario.image.inFlight(socket, scenario.image.pipeWriter(7));
        assertEquals(List.of(), scenario.handovers());
    }
}
