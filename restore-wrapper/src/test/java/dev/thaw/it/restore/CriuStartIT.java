package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Checkout;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** criu is started without its probes where that changes nothing, and with them elsewhere. The application's clocks go on either way. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CriuStartIT {
    /** As on a machine where criu keeps nothing of its probes. */
    private static final String NOTHING_KEPT = "mount -t tmpfs none /run || exit 99\n";
    private static final String NO_PERL = "mount --bind /dev/null /usr/bin/perl || exit 99\n";

    @Test
    void clocks_stand_still_while_the_application_is_an_image(Scratch scratch) {
        for (String way : List.of("compiled", "planned")) {
            try (Puppet puppet = Puppet.start(scratch)) {
                for (int generation = 1; generation <= 3; generation++) {
                    // The last time in another mount namespace, from which there is no other checkpoint.
                    assertClocksStandStill(scratch, puppet, way, generation == 3 ? NOTHING_KEPT : "");
                }
                end(puppet);
            }
        }
    }

    private static void assertClocksStandStill(Scratch scratch, Puppet puppet, String way, String lines) {
        long begin = System.nanoTime();
        List<Long> before = clocks(puppet);
        recorded(scratch).run("checkpoint", "" + puppet.pid(), scratch.path(way)).expect(0);
        puppet.awaitGone();
        long dumped = System.nanoTime() - begin;

        begin = System.nanoTime();
        restore(scratch, way, lines, scratch.path(way)).expect(0);
        List<Long> after = clocks(puppet);
        long restored = System.nanoTime() - begin;

        for (int clock = 0; clock < before.size(); clock++) {
            long passed = after.get(clock) - before.get(clock);
            // A clock of the machine would have gone on between the two as well.
            assertTrue(passed > 0 && passed <= dumped + restored, way + ": " + passed + " ns of " + dumped + " and " + restored);
        }
    }

    @Test
    void probes_are_left_out_where_nothing_is_kept_of_them(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.Result checkpoint = recorded(scratch).run("checkpoint", "-v", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            checkpoint.expectErr("criu is started without its probes");
            assertEquals(List.of("--unprivileged"), startedWith(scratch, puppet, "compiled", NOTHING_KEPT));
            // What criu has kept is quicker still.
            assertEquals(List.of(), startedWith(scratch, puppet, "compiled", NOTHING_KEPT + ": >/run/criu.kdat\n"));
            assertEquals(List.of(), startedWith(scratch, puppet, "compiled", NOTHING_KEPT + NO_PERL));
        }
    }

    /** Options that a restored puppet's criu was started with, of those that are no plan's. */
    private static List<String> startedWith(Scratch scratch, Puppet puppet, String way, String lines) {
        FileCalls.writeFile(scratch.path("started"), new byte[0], 0600);
        restore(scratch, way, lines, scratch.path("image")).expect(0);
        assertEquals("3", puppet.eval("1 + 2"));
        end(puppet);
        List<String> options = new ArrayList<>(List.of(scratch.read("started").split("\\s+")));
        options.removeIf(word -> !word.equals("--unprivileged"));
        return options;
    }

    /** With clocks in nanoseconds, monotonic and since the boot. */
    private static List<Long> clocks(Puppet puppet) {
        return List.of("CLOCK_MONOTONIC", "CLOCK_BOOTTIME").stream()
                .map(clock -> Long.parseLong(puppet.eval("__import__('time').clock_gettime_ns(__import__('time')." + clock + ")"))).toList();
    }

    /** @param lines of shell to be done before, in a mount namespace of its own; empty for none */
    private static ThawProcess.Result restore(Scratch scratch, String way, String lines, String image) {
        String inside = program(scratch, "inside", lines + "exec " + Checkout.root().resolve("thaw") + " \"$@\"\n");
        String outside = program(scratch, "outside", "exec " + (lines.isEmpty() ? "" : "unshare --mount ") + inside + " \"$@\"\n");
        ThawProcess.Builder thaw = recorded(scratch).throughScript(outside);
        if (way.equals("compiled")) {
            return thaw.environment("THAW_JAVA", "/nonexistent/java").run("restore", "--detach", "--settle", "0", image);
        }
        return thaw.run("restore", "--detach", "--settle", "0", "--no-compiled-plan", image);
    }

    /** Its criu says how a restore starts it. */
    private static ThawProcess.Builder recorded(Scratch scratch) {
        if (FileCalls.statIfExists(scratch.path("criu")).isEmpty()) {
            program(scratch, "criu", "[ $1 != restore ] || echo \"$* XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR\" >>'" + scratch.path("started") + "'\n"
                    + "exec " + CriuOnHost.path() + " \"$@\"\n");
        }
        return ThawProcess.in(scratch).environment("THAW_CRIU", scratch.path("criu"));
    }

    private static String program(Scratch scratch, String name, String lines) {
        FileCalls.writeFile(scratch.path(name), ("#!/bin/sh\n" + lines).getBytes(StandardCharsets.UTF_8), 0700);
        return scratch.path(name);
    }

    private static void end(Puppet puppet) {
        ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
        puppet.awaitGone();
    }
}
