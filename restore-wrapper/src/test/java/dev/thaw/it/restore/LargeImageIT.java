package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.PageCache;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An image large enough to be read ahead, from a cold page cache as far as the file system lets a test have one. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class LargeImageIT {
    private static final String SUM = "__import__('zlib').crc32(globals()['held'])";

    @Test
    void it_has_all_its_memory_whoever_restores_it_and_nobody_goes_on_reading(Scratch scratch) throws IOException, InterruptedException {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.eval("globals().__setitem__('held', os.urandom(80 << 20))");
            String sum = puppet.eval(SUM);
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            String program = scratch.read("image/current/restore.sh");
            assertTrue(program.contains("thaw_read_ahead ") && program.contains("/pages-"), program);
            evict(scratch);
            assertReadByProgram(scratch);
            evict(scratch);
            try (ThawProcess thaw = ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", System.getProperty("java.home") + "/bin/java")
                    .start("restore", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"ready\"");
                assertEquals(sum, puppet.eval(SUM), "in the foreground");
                ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
                thaw.awaitEnd().expect(137);
            }
            puppet.awaitGone();
            for (String java : List.of("/nonexistent", System.getProperty("java.home") + "/bin/java")) {
                evict(scratch);
                String how = java.equals("/nonexistent") ? "--quiet" : "--no-compiled-plan";
                ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", java).run("restore", "--detach", how, scratch.path("image")).expect(0);
                assertEquals(sum, puppet.eval(SUM), java);
                ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
                puppet.awaitGone();
            }
        }
    }

    /** The readers alone, whose work criu would do as well. */
    private static void assertReadByProgram(Scratch scratch) throws IOException, InterruptedException {
        String pages = scratch.path("image/current/pages-1.img");
        if (PageCache.residentShare(pages) > 0.5) {
            return; // this file system keeps all in memory
        }
        // More files than one are read in turn.
        String other = PageCache.write(scratch.path("other"), 40 << 20);
        PageCache.evict(other);
        inProgram(scratch, "thaw_read_ahead 1 \"$2\" \"$3\"; wait \"${thaw_readers[@]}\"", pages, other);
        assertEquals(1, PageCache.residentShare(pages));
        assertEquals(1, PageCache.residentShare(other));
        inProgram(scratch, "trap '' TERM; sleep 1000 & thaw_readers=(\"$!\"); thaw_end_readers; [[ ! -e /proc/${thaw_readers[0]} ]]");
    }

    /** Runs words of bash where the image's program has defined its functions. */
    private static void inProgram(Scratch scratch, String words, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/bash", "-c", "source \"$1\"; thaw_life='' thaw_readers=(); " + words, "bash", scratch.path("image/current/restore.sh")));
        command.addAll(List.of(arguments));
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    }

    private static void evict(Scratch scratch) throws IOException, InterruptedException {
        for (String name : FileCalls.list(scratch.path("image/current"))) {
            if (name.endsWith(".img")) {
                PageCache.evict(scratch.path("image/current/" + name));
            }
        }
    }
}
