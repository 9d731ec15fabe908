package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import org.junit.jupiter.api.Test;

/** Policy files: given at the restore, or kept beside the image since the checkpoint. */
@IntegrationTest
@RequiresCriu
class PolicyIT {

    @Test
    void a_policy_kept_at_the_checkpoint_decides_at_the_restore(Scratch scratch) {
        scratch.file("policy.yaml", "type: pipe\nfd: 7\naction: reopen\nto: append:" + scratch.path("seven.log") + "\n");
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(7, pipe.writer().number()).start()) {
            ThawProcess.run(scratch, "checkpoint", "--policy", scratch.path("policy.yaml"), "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, scratch.path("image"))) {
                puppet.eval("write(7, 'hello\\n')");
                assertEquals("hello\n", scratch.read("seven.log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void the_first_matching_rule_wins_and_plan_names_it(Scratch scratch) {
        scratch.file("rules.yaml", "type: pipe\nfd: 7\naction: 'null'\nwarn: false\n---\ntype: pipe\naction: error\n");
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(7, pipe.writer().number()).start()) {
            String image = Thawing.dump(scratch, puppet);

            ThawProcess.run(scratch, "plan", "--explain", "--policy", scratch.path("rules.yaml"), image).expect(0)
                    .expectOut("rules.yaml line 1");
        }
    }

    @Test
    void a_policy_gives_closed_streams_a_source_and_moved_directories_their_new_place(Scratch scratch) {
        scratch.file("rules.yaml", "type: closed\nfd: 1\naction: reopen\nto: append:" + scratch.path("out") + "\n---\ntype: file\npath: "
                + scratch.path("old") + "\naction: reopen\nto: " + scratch.path("new") + "\n");
        scratch.directory("old");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("os.close(1); os.chdir('" + scratch.path("old") + "')");
            String image = Thawing.dump(scratch, puppet);
            FileCalls.rename(scratch.path("old"), scratch.path("new"));
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("the working directory of pid " + puppet.pid());
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--policy", scratch.path("rules.yaml"))) {
                assertEquals(scratch.path("new"), puppet.eval("os.getcwd()"));
                puppet.eval("write(1, 'told')");
                assertEquals("told", scratch.read("out"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void a_rule_that_refuses_rejects_the_plan(Scratch scratch) {
        scratch.file("rules.yaml", "type: pipe\naction: error\n");
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(7, pipe.writer().number()).start()) {
            String image = Thawing.dump(scratch, puppet);

            ThawProcess.run(scratch, "restore", "--policy", scratch.path("rules.yaml"), image).expect(121)
                    .expectErr("rules.yaml line 1 says so");
        }
    }

    @Test
    void a_wrong_policy_names_file_line_and_what_was_expected(Scratch scratch) {
        scratch.file("rules.yaml", "type: pipe\naction: reopne\n");
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);

            ThawProcess.run(scratch, "restore", "--policy", scratch.path("rules.yaml"), image).expect(2)
                    .expectErr("line 2: 'reopne' is none of error, original");
        }
    }
}
