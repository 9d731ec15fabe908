package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import org.junit.jupiter.api.Test;

/** Plans that cannot be carried out: everything that is wrong is said at once, and nothing has been touched. */
@IntegrationTest
@RequiresCriu
class RejectedPlansIT {

    @Test
    void every_problem_is_in_one_report_and_nothing_has_happened(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).descriptor(5, pipe.writer().number()).nullStreams().start()) {
            scratch.file("log", "as it was");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Result result = ThawProcess.run(scratch, "restore", image, "--map", "pipe:[1]=null", "--map", "/no/such/file=null",
                    "--stdout", "file:" + scratch.path("log"), "--map", "fd:1=null").expect(121);
            result.expectErr("pipe:[1]").expectErr("/no/such/file").expectErr("nothing in the image matches this key")
                    .expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr("two sources for fd 1 of pid " + puppet.pid());
            assertEquals("as it was", scratch.read("log"));
            assertFalse(ProcessCalls.exists(puppet.pid()));
            ThawProcess.run(scratch, "plan", image, "--map", "fd:5=null").expect(0);
        }
    }

    @Test
    void unmatched_key_may_be_allowed(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.run(scratch, "restore", image, "--map", "socket:[1]=null").expect(121).expectErr("--allow-unmatched");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "socket:[1]=null", "--allow-unmatched")) {
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void source_for_the_other_direction_is_refused(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).descriptor(1, pipe.writer().number()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.run(scratch, "restore", image, "--stdout", "read:/dev/zero").expect(121).expectErr("opens for read only");
            ThawProcess.run(scratch, "restore", image, "--stdin", "read:" + scratch.path("absent")).expect(123).expectErr("absent does not exist");
            ThawProcess.run(scratch, "restore", image, "--stdout", "fd:77").expect(121).expectErr("thaw was started without descriptor 77");
        }
    }

    @Test
    void nonsense_on_the_command_line_is_a_usage_error(Scratch scratch) {
        FileCalls.mkdir(scratch.path("image"), 0700);
        ThawProcess.run(scratch, "restore", scratch.path("image"), "--map", "nonsense=null").expect(2).expectErr("is no key");
        ThawProcess.run(scratch, "restore", scratch.path("image"), "--stdout", "nonsense").expect(2).expectErr("is no source");
    }
}
