package dev.thaw.it;

import org.junit.jupiter.api.Test;

/** {@code thaw explain} on logs that a real criu has just written. */
@IntegrationTest
@RequiresCriu
class ExplainIT {

    @Test
    void a_failed_restore_is_explained_from_its_log(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            scratch.file("log", "four");
            puppet.eval("place(os.open('" + scratch.path("log") + "', os.O_RDWR), 5)");
            String images = scratch.path("images");
            RawCriu.dump(scratch, puppet.pid(), images).run();
            puppet.awaitGone();
            scratch.file("log", "four and more");
            RawCriu.Outcome outcome = RawCriu.restore(scratch, images).attempt();
            scratch.file("copy.log", outcome.log());

            ThawProcess.run(scratch, "explain", scratch.path("copy.log")).expect(0).expectOut("has bad size 13 (expect 4)")
                    .expectOut("try: ");
            ThawProcess.run(scratch, "explain", "--image", images, scratch.path("copy.log")).expect(0)
                    .expectOut("it concerns fd 5 of pid " + puppet.pid() + " (").expectOut("): " + scratch.path("log") + "\n");
        }
    }

    @Test
    void a_log_of_a_success_says_so(Scratch scratch) {
        scratch.file("ok.log", "(00.1) Restore finished successfully. Tasks resumed.\n");

        ThawProcess.run(scratch, "explain", scratch.path("ok.log")).expect(0).expectOut("criu did what it should");
    }

    @Test
    void an_unknown_failure_is_said_to_be_unknown_with_its_lines(Scratch scratch) {
        scratch.file("odd.log", "(00.1) Error (criu/odd.c:1): odd: the moon is in the way\n");

        ThawProcess.run(scratch, "explain", scratch.path("odd.log")).expect(1).expectOut("not one that thaw knows")
                .expectOut("the moon is in the way").expectOut("\ntry: thaw check pid PID");
        scratch.file("text", "moons come and go\n");
        ThawProcess.run(scratch, "explain", scratch.path("text")).expect(1).expectOut("This is no log of criu's").expectOut("moons come and go");
    }

    @Test
    void an_image_is_explained_by_the_log_of_its_generation(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Dumps.of(scratch, puppet).run();
            ThawProcess.run(scratch, "explain", scratch.path("image")).expect(0).expectOut("criu did what it should");
        }
        scratch.directory("empty");
        ThawProcess.run(scratch, "explain", scratch.path("empty")).expect(125).expectErr("there is no log in").expectErr("try: thaw explain FILE");
    }
}
