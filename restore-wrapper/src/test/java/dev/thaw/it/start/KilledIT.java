package dev.thaw.it.start;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** thaw or criu killed in the middle of a restore: nothing is left, and the next restore works. */
@IntegrationTest
@RequiresCriu
class KilledIT {
    /** Stops at a step of criu's, or before criu itself, until somebody ends it. */
    private static String stoppingCriu(Scratch scratch, String step) {
        String criu = System.getenv().getOrDefault("THAW_CRIU", "/opt/thaw/criu/bin/criu");
        String script = scratch.path("step");
        FileCalls.writeFile(script, ("#!/bin/sh\n[ \"$CRTOOLS_SCRIPT_ACTION\" = " + step + " ] || exit 0\necho $PPID >" + scratch.path("at")
                + "\nwhile kill -0 $PPID; do sleep 0.1; done\nexit 1\n").getBytes(), 0700);
        String wrapper = scratch.path("criu");
        String stop = step.equals("before") ? "[ \"$1\" != restore ] || { echo $$ >" + scratch.path("at") + "; sleep 30; }\n" : "";
        String option = step.equals("before") ? "" : " --action-script " + script;
        FileCalls.writeFile(wrapper, ("#!/bin/sh\n" + stop + "[ \"$1\" = restore ] || exec " + criu + " \"$@\"\nexec " + criu + " \"$@\"" + option + "\n")
                .getBytes(), 0700);
        return wrapper;
    }

    @ParameterizedTest
    @Timeout(90)
    @CsvSource({"before, thaw", "before, criu", "pre-restore, thaw", "pre-restore, criu", "post-restore, thaw", "post-restore, criu", "pre-resume, thaw",
            "pre-resume, criu"})
    void nothing_is_left_and_the_next_restore_works(String step, String victim, Scratch scratch) {
        String image = scratch.path("image");
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--criu", stoppingCriu(scratch, step), image)) {
                Await.until("criu at " + step + ": " + thaw.err(), Duration.ofSeconds(30), () -> FileCalls.statIfExists(scratch.path("at")).isPresent()
                        && scratch.read("at").endsWith("\n"));
                ProcessCalls.kill(victim.equals("thaw") ? thaw.pid() : Integer.parseInt(scratch.read("at").strip()), Signals.SIGKILL);
                thaw.awaitEnd().expect(victim.equals("thaw") ? 137 : 122);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", image)) {
                thaw.awaitRestored(puppet);
                puppet.eval("leave(42)");
                thaw.awaitEnd().expect(42);
            }
        }
    }
}
