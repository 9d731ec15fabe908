package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** An application with /dev/tty open, as shells have it, on fd 7. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ControllingTerminalTest {
    private static final String NO_TERMINAL = "fd 7 of pid 100 (bash) is /dev/tty, and its session would have no terminal: tty[500:6]";

    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("bash");

    private void terminalOfSession(int session) {
        FileSpec terminal = scenario.image.pty(3, false, session);
        root.fd(0, terminal).fd(1, terminal).fd(2, terminal).fd(7, scenario.image.externalTty(2012, 0x500, 6));
        scenario.change(image -> Images.withControllingTerminal(image, 2012, session));
    }

    @BeforeEach
    void our_terminal_controls_nothing_yet() {
        scenario.here.terminal(false);
    }

    @Test
    void it_is_left_to_criu_where_its_session_gets_a_terminal() {
        terminalOfSession(100);
        assertEquals(List.of("0 1 2 <- own stdin BY_KEY tty[8803:1a]"), scenario.handovers());
        assertEquals(List.of("7: CRIU opens the terminal by its name again"), scenario.left());
    }

    @Test
    void it_is_left_where_a_new_terminal_takes_the_place_of_the_old_one() {
        terminalOfSession(100);
        scenario.here.nothing(0).nothing(1).nothing(2);
        scenario.stdin("pty").stdout("pty").stderr("pty");
        assertEquals(List.of("0 1 2 <- pty BY_KEY tty[8803:1a]"), scenario.handovers());
    }

    @Test
    void it_is_left_where_the_terminal_is_the_applications_own() {
        root.fd(3, scenario.image.pty(3, true));
        terminalOfSession(100);
        assertEquals(5, scenario.left().size());
    }

    @Test
    void it_is_a_problem_where_the_terminal_becomes_something_else() {
        terminalOfSession(100);
        scenario.here.nothing(0).nothing(1).nothing(2);
        assertEquals(List.of(NO_TERMINAL, "because: what takes the place of the terminal that controlled it is none",
                "try: --map fd:7=null, or another source", "try: --stdin pty --stdout pty --stderr pty, for a terminal of its own"),
                scenario.problem());
    }

    @Test
    void it_is_a_problem_where_our_terminal_controls_another_session() {
        terminalOfSession(100);
        scenario.here.terminal(true);
        assertEquals(List.of(NO_TERMINAL), scenario.whats());
    }

    @Test
    void a_source_of_its_own_helps() {
        terminalOfSession(100);
        scenario.here.nothing(0).nothing(1).nothing(2);
        scenario.map("fd:7", "null");
        assertEquals(4, scenario.handovers().size());
    }

    @Test
    void a_shell_job_has_ours_if_there_is_one() {
        root.session(42);
        terminalOfSession(42);
        scenario.here.terminal(true);
        assertEquals(List.of("0 1 2 <- own stdin TARGETED"), scenario.handovers());
        scenario.here.nothing(0).nothing(1).nothing(2);
        assertEquals(List.of(NO_TERMINAL), scenario.whats());
    }
}
