package dev.thaw.it.rootless;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.AsNobody;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** As uid 65534, with some capabilities and with none: what works, and how the rest is refused. docs/privileges.md has the table. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool("setpriv")
@Timeout(120)
class RootlessIT {
    /** Starts, checkpoints, restores; prints how each step ended and the last lines of the application's output. */
    private static final String STEPS = """
            cd "$HOME" || exit
            export THAW_NO_BUILD=1
            thaw=$HOME/checkout/thaw
            "$thaw" run --detach --pid-file app.pid --stdout append:"$HOME/out" --stderr stdout -- %s -c '
            import time, itertools
            for beat in itertools.count():
                print(beat, flush=True)
                time.sleep(0.05)'
            echo "run $?"
            pid=$(cat app.pid)
            "$thaw" checkpoint "$pid" image
            echo "checkpoint $?"
            frozen=$(wc -l <out)
            timeout 30 "$thaw" restore --detach image
            echo "restore $?"
            for ((i = 0; i < 600; i++)); do
                (($(wc -l <out) > frozen)) && echo "it goes on" && break
                sleep 0.05
            done
            kill -KILL "$pid"
            """;

    @Test
    void with_checkpoint_restore_and_setpcap_all_of_it_works(Scratch scratch) throws IOException {
        String said = as(scratch, "checkpoint_restore", "setpcap");

        assertTrue(said.contains("run 0\n") && said.contains("checkpoint 0\n") && said.contains("restore 0\n") && said.contains("it goes on"),
                said);
    }

    @Test
    void without_any_capability_the_checkpoint_is_refused_and_the_application_runs_on(Scratch scratch) throws IOException {
        String said = as(scratch);

        assertTrue(said.contains("checkpoint 125\n") && said.contains("a checkpoint needs CAP_CHECKPOINT_RESTORE"), said);
        assertTrue(said.contains("it goes on"), said);
    }

    @Test
    void a_restore_without_the_capability_is_refused_before_anything_is_touched(Scratch scratch) throws IOException {
        as(scratch, "checkpoint_restore", "setpcap");
        String said = AsNobody.run(scratch, List.of(), "export THAW_NO_BUILD=1; \"$HOME\"/checkout/thaw restore \"$HOME\"/image; echo \"restore $?\"");

        assertTrue(said.contains("restore 121\n") && said.contains("CAP_CHECKPOINT_RESTORE"), said);
    }

    private static String as(Scratch scratch, String... capabilities) throws IOException {
        return AsNobody.run(scratch, List.of(capabilities), STEPS.formatted(Checkout.python()));
    }
}
