package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code thaw inspect}. */
@IntegrationTest
class InspectIT {

    @Test
    @RequiresCriu
    void an_image_its_generation_and_a_bare_directory_show_the_same_tree(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0);
                Puppet puppet = Puppet.in(scratch).descriptor(1, pipe.writer().number()).nullStreams().start()) {
            puppet.eval("place(os.open('" + scratch.path("log") + "', os.O_CREAT | os.O_WRONLY | os.O_APPEND), 7); os.write(7, b'hello')");
            Dumps.of(scratch, puppet).leaveRunning().run();
            RawCriu.dump(scratch, puppet.pid(), scratch.path("bare")).option("-R").run();
            String outside = "outside: pid " + ProcessCalls.getpid() + " (";
            for (String image : List.of("image", "image/000001", "image/current")) {
                ThawProcess.run(scratch, "inspect", scratch.path(image)).expect(0).expectOut("pid " + puppet.pid() + " python3").expectOut(outside)
                        .expectOut(scratch.path("log")).expectOut("O_APPEND").expectOut("\ncgroups of the root\n");
            }
            ThawProcess.run(scratch, "inspect", scratch.path("bare")).expect(0).expectOut("outside the image");
            JsonObject json = JsonParser.parseString(ThawProcess.run(scratch, "inspect", "--json", scratch.path("image")).expect(0).out()).getAsJsonObject();
            assertTrue(json.getAsJsonArray("processes").get(0).getAsJsonObject().get("memoryBytes").getAsLong() > 100_000, json.toString());
            ThawProcess.run(scratch, "inspect", "--descriptor", puppet.pid() + "/1", "--format", "dot", scratch.path("image")).expect(0).expectOut("digraph")
                    .expectOut("pipe fd 1");
            ThawProcess.run(scratch, "inspect", "--descriptor", "99", scratch.path("image")).expect(125).expectErr("try: thaw inspect ");
            puppet.eval("os.write(7, b' world'); os.close(1)");
            Dumps.of(scratch, puppet).leaveRunning().run();
            ThawProcess.run(scratch, "diff", scratch.path("image/000001"), scratch.path("image")).expect(1)
                    .expectOut("offset 5").expectOut("offset 11").expectOut("  - pid " + puppet.pid() + " fd 1");
            JsonObject log = json.getAsJsonArray("processes").get(0).getAsJsonObject().getAsJsonArray("descriptors").get(3).getAsJsonObject();
            assertEquals(List.of("7", "5"), List.of(log.get("fd").getAsString(), log.get("offset").getAsString()));
        }
    }

    @Test
    void what_is_no_image_is_120(Scratch scratch) {
        ThawProcess.run(scratch, "inspect", scratch.path("absent")).expect(120).expectErr("thaw: inspect: the image cannot be used: " + scratch.path("absent"));
        ThawProcess.run(scratch, "inspect", scratch.directory("empty")).expect(120);
        String half = scratch.directory("half");
        FileCalls.mkdir(half + "/000001", 0700);
        ThawProcess.Result result = ThawProcess.run(scratch, "inspect", half + "/000001").expect(120);
        assertTrue(result.err().contains("the checkpoint did not end"), result.err());
    }

    @Test
    void on_a_narrow_terminal_reasons_are_broken_and_commands_and_rows_stay_whole(Scratch scratch) {
        try (TestPty pty = new TestPty(); Puppet puppet = Puppet.start(scratch)) {
            pty.setWindowSize(24, 40);
            ThawProcess.in(scratch).descriptor(2, pty.slave()).run("inspect", "no").expect(120);
            String said = pty.readUntil("writes one\r\n");
            assertTrue(said.startsWith("thaw: inspect: the image cannot be used:\r\n    no\r\n  because: "), said);
            assertTrue(said.endsWith("\r\n  try: thaw checkpoint PID no writes one\r\n"), said);

            String name = scratch.path("a-file-with-a-name-that-is-longer-than-the-terminal-is-wide");
            puppet.eval("place(os.open('" + name + "', os.O_RDWR | os.O_CREAT), 7)");
            Dumps.of(scratch, puppet).run();
            pty.setWindowSize(24, 60);
            ThawProcess.in(scratch).descriptor(1, pty.slave()).run("inspect", "--descriptor", "7", scratch.path("image")).expect(0);
            String shown = pty.readUntil("read-write  0\r\n");
            assertTrue(shown.endsWith("\r\n  7   file  " + name + "\r\n" + " ".repeat(18) + "read-write  0\r\n"), shown);
        }
    }
}
