package dev.thaw.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code thaw run} on a terminal: what is typed, job control of a shell, a pseudo-terminal of the command's own. */
@IntegrationTest
class RunTerminalIT {

    @ParameterizedTest
    @ValueSource(strings = {"new", "same"})
    void a_command_in_the_foreground_reads_what_is_typed(String session, Scratch scratch) {
        try (TestPty pty = new TestPty(); ThawProcess thaw = thaw(scratch).terminal(pty)
                .start("run", "--session", session, "--", "sh", "-c", "echo up; read -r line; echo \"got $line\"")) {
            pty.readUntil("up\r\n");
            pty.type("hello\n");
            pty.readUntil("got hello\r\n");
            thaw.awaitEnd().expect(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"new", "same"})
    void control_z_stops_the_job_and_fg_continues_it(String session, Scratch scratch) {
        try (TestPty pty = new TestPty(); Program shell = shell(scratch, pty)) {
            pty.type(Checkout.root().resolve("thaw") + " run --session " + session + " -- sh -c 'echo \"u\"p; read x; echo \"got\" $x; exit 6'\n");
            pty.readUntil("up\r\n");
            int command = command(shell.pid());
            pty.type("\u001a");
            pty.readUntil("Stopped");
            pty.readUntil("$> ");
            Await.until("the stop of the command", () -> state(command) == 'T');
            pty.type("fg\n");
            Await.until("its going on", () -> state(command) != 'T');
            pty.type("more\n");
            pty.readUntil("got more\r\n");
            pty.readUntil("$> ");
            pty.type("echo code $?\n");
            pty.readUntil("code 6\r\n");
            pty.type("exit\n");
            shell.awaitEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"new", "same"})
    void a_stopped_job_goes_on_in_the_background(String session, Scratch scratch) {
        try (TestPty pty = new TestPty(); Program shell = shell(scratch, pty)) {
            pty.type(Checkout.root().resolve("thaw") + " run --session " + session + " -- sh -c 'echo \"u\"p; until [ -e "
                    + scratch.path("go") + " ]; do sleep 0.05; done; echo \"do\"ne'\n");
            pty.readUntil("up\r\n");
            pty.type("\u001a");
            pty.readUntil("Stopped");
            pty.readUntil("$> ");
            scratch.file("go", "");
            pty.type("bg\n");
            pty.readUntil("done\r\n");
            pty.type("wait; exit\n");
            shell.awaitEnd();
        }
    }

    @Test
    @RequiresCriu
    @RequiresRoot
    void control_z_stops_what_a_compiled_plan_has_restored_and_fg_continues_it(Scratch scratch) {
        try (TestPty pty = new TestPty(); Puppet puppet = Puppet.in(scratch).nullStreams().start(); Program shell = shell(scratch, pty)) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            pty.type(Checkout.root().resolve("thaw") + " restore --status-fd 2 " + scratch.path("image") + "\n");
            assertTrue(pty.readUntil("\"event\":\"ready\"").contains("\"plan\":\"compiled\""));
            pty.type("\u001a");
            pty.readUntil("Stopped");
            pty.readUntil("$> ");
            Await.until("the stop of the application", () -> state(puppet.pid()) == 'T');
            pty.type("fg\n");
            Await.until("its going on", () -> state(puppet.pid()) != 'T');
            puppet.eval("leave(6)");
            pty.readUntil("$> ");
            pty.type("echo code $?\n");
            pty.readUntil("code 6\r\n");
            pty.type("exit\n");
            shell.awaitEnd();
        }
    }

    @Test
    void without_a_shell_that_could_continue_it_control_z_is_without_effect(Scratch scratch) {
        // thaw leads the terminal's session here, so its group is an orphaned one, which the kernel never stops.
        try (TestPty pty = new TestPty(); ThawProcess thaw = thaw(scratch).terminal(pty)
                .start("run", "--", "sh", "-c", "echo up; read -r line; echo \"got $line\"")) {
            pty.readUntil("up\r\n");
            pty.type("\u001a");
            pty.type("on\n");
            pty.readUntil("got on\r\n");
            thaw.awaitEnd().expect(0);
        }
    }

    @Test
    void a_pseudo_terminal_is_the_commands_own_and_joined_to_ours(Scratch scratch) {
        try (TestPty pty = new TestPty()) {
            byte[] before = TerminalCalls.attributes(pty.slave());
            try (ThawProcess thaw = thaw(scratch).terminal(pty).start("run", "--stdin", "pty", "--stdout", "pty", "--stderr", "pty", "--",
                    "sh", "-c", "trap 'echo \"int\"' INT; trap 'stty size' WINCH; stty size; tty; ps -o tpgid= -p $$ | tr -d ' '; echo $$; read -r line; "
                            + "echo \"got $line\"; until read -r line; do :; done; echo \"then $line\"")) {
                pty.readUntil("24 80\r\n");
                String tty = pty.readUntil("\n").strip();
                assertTrue(tty.startsWith("/dev/pts/") && !tty.equals(pty.slavePath()), tty);
                // It is in the foreground of its own terminal.
                assertEquals(pty.readUntil("\n"), pty.readUntil("\n"));
                pty.type("hello\r");
                pty.readUntil("got hello\r\n");
                pty.type("\u0003");
                pty.readUntil("int\r\n");
                pty.setWindowSize(40, 100);
                pty.readUntil("40 100\r\n");
                pty.type("on\r");
                pty.readUntil("then on\r\n");
                thaw.awaitEnd().expect(0);
            }
            assertEquals(new String(before, ISO_8859_1),
                    new String(TerminalCalls.attributes(pty.slave()), ISO_8859_1));
        }
    }

    @Test
    void all_that_was_printed_to_a_pseudo_terminal_comes_out(Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run("run", "--stdout", "pty", "--", "sh", "-c",
                "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; exit 3").expect(3);
        assertEquals(5000, result.out().lines().count());
        assertTrue(result.out().endsWith("line 4999\r\n"), result.out().substring(result.out().length() - 30));
    }

    private static char state(int pid) {
        return ProcessStat.read(pid).map(ProcessStat::state).orElse('?');
    }

    /** The command below thaw below the shell. */
    private static int command(int shell) {
        int thaw = ProcessTable.children(shell).get(0);
        return ProcessTable.children(thaw).get(0);
    }

    /** An interactive shell with job control whose prompt is {@code $> }. */
    private static Program shell(Scratch scratch, TestPty pty) {
        Program shell = Program.with().environment("THAW_NO_BUILD", "1").environment("THAW_RUNTIME_DIR", scratch.path("runtime"))
                .environment("PS1", "$> ").environment("TERM", "dumb").environment("HISTFILE", "")
                .descriptor(0, pty.slave()).descriptor(1, pty.slave()).descriptor(2, pty.slave()).controllingTerminal(0)
                .start("bash", "--norc", "--noprofile", "--noediting", "-i");
        pty.readUntil("$> ");
        return shell;
    }

    private static ThawProcess.Builder thaw(Scratch scratch) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", scratch.path("runtime"));
    }
}
