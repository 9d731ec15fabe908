package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.compile.ShellText;
import dev.thaw.criu.KeptFindings;
import dev.thaw.it.Await;
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
import dev.thaw.supervise.HelperCommand;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** criu is started without its probes where that changes nothing, and with them elsewhere. The application's clocks go on either way. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CriuStartIT {
    /** As on a machine where criu keeps nothing of its probes: it writes over no file. */
    private static final String NOTHING_KEPT = "mount -t tmpfs none /run && : >/run/criu.kdat.tmp || exit 99\n";
    private static final String KEPT = "mount -t tmpfs none /run || exit 99\n" + CriuOnHost.path() + " check >/dev/null 2>&1; [ -e /run/criu.kdat ] || exit 99\n";
    private static final String SHORT = "--unprivileged";
    private static final List<String> WAYS = List.of("compiled", "planned");

    @Test
    void clocks_stand_still_while_the_application_is_an_image(Scratch scratch) {
        for (String way : WAYS) {
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
            for (String way : WAYS) {
                assertTrue(startedWith(scratch, puppet, way, NOTHING_KEPT).contains(SHORT), way);
                // What criu has kept is quicker still.
                assertEquals(List.of(), startedWith(scratch, puppet, way, KEPT), way);
                assertEquals(List.of(), startedWith(scratch, puppet, way, NOTHING_KEPT + "mount --bind /dev/null /usr/bin/perl || exit 99\n"), way);
            }
        }
    }

    @Test
    void a_login_uid_that_is_not_ours_is_restored_by_criu(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            recorded(scratch).run("checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            String login = "/proc/self/loginuid";
            boolean kept = FileCalls.statIfExists(login).isPresent();
            String elsewhere = kept ? NOTHING_KEPT + "echo 12345 >" + login + " && [ $(cat " + login + ") = 12345 ] || exit 99\n" : NOTHING_KEPT;
            for (String way : WAYS) {
                assertEquals(!kept, startedWith(scratch, puppet, way, elsewhere).contains(SHORT), way);
            }
            restore(scratch, "planned", elsewhere, scratch.path("image")).expect(0);
            if (kept) {
                assertEquals(own(login), puppet.eval("open('" + login + "').read()"));
            }
            end(puppet);
        }
    }

    private static String own(String file) {
        return new String(FileCalls.readAll(file), StandardCharsets.US_ASCII);
    }

    @Test
    void where_it_fails_without_its_probes_criu_is_started_with_them(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            recorded(scratch).run("checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            program(scratch, "broken", "exit 1\n");
            String brokenPerl = "mount --bind " + scratch.path("broken") + " /usr/bin/perl || exit 99\n";
            assertEquals(List.of(), startedWith(scratch, puppet, "planned", NOTHING_KEPT + brokenPerl));

            scratch.file("fails", "");
            assertTrue(startedWith(scratch, puppet, "planned", NOTHING_KEPT).contains(SHORT));
            assertEquals(2, scratch.read("started").lines().count());
            ThawProcess.Result said = restore(scratch, "planned", NOTHING_KEPT, "-v", scratch.path("image")).expect(0);
            said.expectErr("restore: criu is started without its probes\n").expectErr("restore: criu failed without its probes; trying again\n")
                    .expectErr("restore: criu is started with all its probes, as it failed without them\n");
            end(puppet);
        }
    }

    @Test
    void what_criu_found_out_is_kept_for_the_restores_of_this_boot(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String findings = checkpointWithFindings(scratch, puppet);
            List<String> there = FileCalls.list(findings);
            String taken = "XDG_RUNTIME_DIR=" + findings;
            for (String way : WAYS) {
                assertEquals(List.of(SHORT, taken), startedWith(scratch, puppet, way, NOTHING_KEPT), way);
                scratch.file("boot_id", "01234567-89ab-cdef-0123-456789abcdef\n");
                String reboot = "mount --bind " + scratch.path("boot_id") + " /proc/sys/kernel/random/boot_id || exit 99\n";
                assertEquals(List.of(SHORT), startedWith(scratch, puppet, way, NOTHING_KEPT + reboot), way);
                String readOnly = "mount --bind " + scratch.path("image") + " " + scratch.path("image") + " && mount -o remount,ro,bind " + scratch.path("image") + " || exit 99\n";
                assertEquals(List.of(SHORT, taken), startedWith(scratch, puppet, way, NOTHING_KEPT + readOnly), way);
                // Somebody else could write there.
                FileCalls.chmod(findings, 0770);
                assertEquals(List.of(SHORT), startedWith(scratch, puppet, way, NOTHING_KEPT), way);
                FileCalls.chmod(findings, 0700);
                assertEquals(there, FileCalls.list(findings), way);
            }
        }
    }

    @Test
    void findings_that_are_damaged_are_found_out_again(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String findings = checkpointWithFindings(scratch, puppet);
            for (String way : WAYS) {
                FileCalls.writeFile(findings + "/criu.kdat", new byte[] {1, 2, 3}, 0600);
                assertEquals(List.of(SHORT, "XDG_RUNTIME_DIR=" + findings), startedWith(scratch, puppet, way, NOTHING_KEPT), way);
            }
        }
    }

    /** criu's directory is nobody else's business. */
    @Test
    void a_command_of_the_users_has_the_environment_that_thaw_has(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            checkpointWithFindings(scratch, puppet);
            restore(scratch, "planned", NOTHING_KEPT, "--after-restore", "echo $XDG_RUNTIME_DIR $LC_ALL >'" + scratch.path("seen") + "'", scratch.path("image")).expect(0);
            assertEquals(scratch.path() + " C.UTF-8\n", scratch.read("seen"));
            end(puppet);
        }
    }

    /** @return the directory with what criu has found out about this machine; also where criu itself keeps it, and thaw need not */
    private static String checkpointWithFindings(Scratch scratch, Puppet puppet) {
        recorded(scratch).run("checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
        puppet.awaitGone();
        String findings = scratch.path("image") + "/000001/restore.d/findings";
        if (FileCalls.statIfExists("/run/criu.kdat").isPresent()) {
            FileCalls.mkdir(findings, 0700);
            String command = KeptFindings.make(List.of(scratch.path("criu")), "/dev/shm/thaw-it-" + ProcessCalls.getpid() + "-" + System.nanoTime(), findings).stream()
                    .map(ShellText::quote).collect(Collectors.joining(" "));
            HelperCommand.Result made = HelperCommand.run(command, Map.of(), Await.LIMIT);
            assertTrue(made.succeeded(), made::output);
        }
        return findings;
    }

    /** Options and variables that the criu of a restore was started with, of those that are no plan's. */
    private static List<String> startedWith(Scratch scratch, Puppet puppet, String way, String lines) {
        FileCalls.writeFile(scratch.path("started"), new byte[0], 0600);
        restore(scratch, way, lines, scratch.path("image")).expect(0);
        assertEquals("3", puppet.eval("1 + 2"));
        end(puppet);
        List<String> options = new ArrayList<>(List.of(scratch.read("started").split("\\s+")));
        options.removeIf(word -> !word.equals(SHORT) && (!word.startsWith("XDG_RUNTIME_DIR=/") || word.endsWith("=" + scratch.path())));
        return options;
    }

    /** With clocks in nanoseconds, monotonic and since the boot. */
    private static List<Long> clocks(Puppet puppet) {
        return List.of("CLOCK_MONOTONIC", "CLOCK_BOOTTIME").stream()
                .map(clock -> Long.parseLong(puppet.eval("__import__('time').clock_gettime_ns(__import__('time')." + clock + ")"))).toList();
    }

    /** @param lines of shell to be done before, in a mount namespace of its own; empty for none */
    private static ThawProcess.Result restore(Scratch scratch, String way, String lines, String... arguments) {
        String inside = program(scratch, "inside", lines + "exec " + Checkout.root().resolve("thaw") + " \"$@\"\n");
        String outside = program(scratch, "outside", "exec " + (lines.isEmpty() ? "" : "unshare --mount ") + inside + " \"$@\"\n");
        ThawProcess.Builder thaw = recorded(scratch).throughScript(outside);
        if (way.equals("compiled")) {
            thaw.environment("THAW_JAVA", "/nonexistent/java");
        }
        List<String> words = new ArrayList<>(List.of("restore", "--detach", "--settle", "0"));
        words.addAll(way.equals("compiled") ? List.of() : List.of("--no-compiled-plan"));
        words.addAll(List.of(arguments));
        return thaw.run(words.toArray(String[]::new));
    }

    /** Its criu says how a restore starts it. */
    private static ThawProcess.Builder recorded(Scratch scratch) {
        if (FileCalls.statIfExists(scratch.path("criu")).isEmpty()) {
            program(scratch, "criu", "[ $1 != restore ] || echo \"$* XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR\" >>'" + scratch.path("started") + "'\n"
                    + "case $* in *" + SHORT + ") [ ! -e '" + scratch.path("fails") + "' ] || exit 1 ;; esac\n"
                    + "exec " + CriuOnHost.path() + " \"$@\"\n");
        }
        return ThawProcess.in(scratch).environment("THAW_CRIU", scratch.path("criu")).environment("LC_ALL", "C.UTF-8");
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
