package dev.thaw.it.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.proc.StatusFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** System call filters of the application's own, and on thaw; {@link OciIT} has those of container engines. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@Timeout(120)
class SeccompIT {
    /** One instruction: all calls are allowed (man 2 seccomp). */
    private static final String INSTALL = "import ctypes, struct; program = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000)); "
            + "filter = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', 1, ctypes.addressof(program))); "
            + "done = ctypes.CDLL(None).prctl(22, 2, filter, 0, 0); ";

    /** A thaw that is under a filter. */
    private static String filtered(Scratch scratch, int exitCode, String... arguments) {
        List<String> line = new ArrayList<>(List.of(Checkout.python(), "-c", INSTALL + "import os, sys; assert done == 0; os.execv(sys.argv[1], sys.argv[1:])",
                Checkout.root() + "/thaw"));
        line.addAll(List.of(arguments));
        try (OwnedFd said = scratch.open("said", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC);
                Program thaw = Program.with().nullDescriptor(0).descriptor(1, said.number()).descriptor(2, said.number()).environment("THAW_NO_BUILD", "1")
                        .start(line)) {
            assertEquals(exitCode, thaw.awaitEnd().exitCode(), () -> scratch.read("said"));
        }
        return scratch.read("said");
    }

    @Test
    void a_filter_is_there_again_after_a_restore_and_who_is_under_one_is_told_so_beforehand(Scratch scratch) {
        String image = scratch.path("image");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("exec(\"" + INSTALL + "\") or 0");
            assertEquals(2, StatusFile.read(puppet.pid()).seccomp());
            String refused = filtered(scratch, 121, "checkpoint", "" + puppet.pid(), image);
            assertTrue(refused.contains("is under a seccomp filter, and so is thaw"), refused);
            assertTrue(filtered(scratch, 121, "check", "pid", "" + puppet.pid()).contains("is under a seccomp filter, and so is thaw"));
            assertEquals("3", puppet.eval("1 + 2"));

            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            String foretold = filtered(scratch, 121, "check", "image", image);
            assertTrue(foretold.contains("had a seccomp filter, and thaw is under one here"), foretold);
            String why = filtered(scratch, 125, "restore", image);
            assertTrue(why.contains("had a seccomp filter, and thaw is under one here"), why);
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", image)) {
                thaw.awaitRestored(puppet);
                assertEquals("5", puppet.eval("2 + 3"));
                assertEquals(2, StatusFile.read(puppet.pid()).seccomp());
            }
        }
    }

    @Test
    void check_host_under_a_filter_says_what_it_costs(Scratch scratch) {
        int outside = ThawProcess.run(scratch, "check", "host").exitCode();
        String inside = filtered(scratch, outside, "check", "host").replaceAll("\\s+", " ");
        assertTrue(inside.contains("thaw runs under a seccomp filter"), inside);
        assertTrue(inside.contains("nothing in here can be dumped") && inside.contains("seccompProfile: {type: Unconfined}"), inside);
    }

    @Test
    void a_filter_of_one_thread_is_found_too_in_the_process_and_in_its_image(Scratch scratch) {
        String image = scratch.path("image");
        try (Puppet puppet = Puppet.start(scratch)) {
            int thread = Integer.parseInt(puppet.eval("import threading\nready = threading.Event()\ndef filtered():\n    exec(\"" + INSTALL + "\", {})\n"
                    + "    ready.set()\n    threading.Event().wait()\n"
                    + "thread = threading.Thread(target=filtered, daemon=True)\nthread.start()\nready.wait()\nthread.native_id"));
            assertEquals(0, StatusFile.read(puppet.pid()).seccomp());
            assertEquals(2, StatusFile.read(thread).seccomp());
            assertTrue(filtered(scratch, 121, "check", "pid", "" + puppet.pid()).contains("is under a seccomp filter, and so is thaw"));

            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            String foretold = filtered(scratch, 121, "check", "image", image);
            assertTrue(foretold.contains("had a seccomp filter, and thaw is under one here"), foretold);
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", image)) {
                thaw.awaitRestored(puppet);
                assertEquals("5", puppet.eval("2 + 3"), "all its threads are there");
                assertEquals(0, StatusFile.read(puppet.pid()).seccomp());
                // criu gives each thread its own, and lets it go, by itself.
                Await.until("the filter of thread " + thread, Duration.ofSeconds(20), () -> StatusFile.read(thread).seccomp() == 2);
            }
        }
    }
}
