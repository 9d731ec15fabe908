package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code restore --pid-namespace}: one image, many at once. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class PidNamespaceIT {
    private static final int COPIES = 20;

    /** A puppet of its own answers to each of them; what counts here is that all are there, and how each ends. */
    private static String image(Scratch scratch) {
        String image = scratch.path("image");
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
        }
        return image;
    }

    private static ThawProcess restore(Scratch scratch, String image) {
        return ThawProcess.in(scratch).start("restore", "--pid-namespace", "--status-fd", "2", image);
    }

    @Test
    void the_signal_that_ends_it_is_thaws_exit_code(Scratch scratch) {
        try (ThawProcess thaw = restore(scratch, image(scratch))) {
            thaw.awaitErr("\"event\":\"ready\"");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
    }

    @Test
    @Timeout(180)
    void twenty_of_one_image_run_beside_each_other(Scratch scratch) {
        String image = image(scratch);
        List<ThawProcess> all = new ArrayList<>();
        try {
            for (int copy = 0; copy < COPIES; copy++) {
                all.add(ThawProcess.in(scratch).limit(java.time.Duration.ofSeconds(90)).start("restore", "--pid-namespace", "--status-fd", "2", image));
            }
            for (ThawProcess thaw : all) {
                Await.until("a restored one: " + thaw.err(), java.time.Duration.ofSeconds(90),
                        () -> thaw.err().contains("\"event\":\"ready\"") || !thaw.isRunning());
            }
            assertEquals(COPIES, all.stream().filter(ThawProcess::isRunning).count(),
                    () -> all.stream().map(ThawProcess::err).reduce("", (a, b) -> a + "\n" + b));
            all.forEach(thaw -> thaw.signal(Signals.SIGTERM));
            all.forEach(thaw -> thaw.awaitEnd().expect(143));
        } finally {
            all.forEach(ThawProcess::close);
        }
    }
}
