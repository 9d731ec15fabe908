package dev.thaw.it.rootless;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.AsNobody;
import dev.thaw.it.Checkout;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
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
            "$thaw" run $RUN --detach --pid-file app.pid --stdout append:"$HOME/out" --stderr append:"$HOME/err" -- %s -c '
            import time, itertools, sys
            for beat in itertools.count():
                print(beat, flush=True)
                print(beat, file=sys.stderr, flush=True)
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
            for file in out err; do
                awk -v "file=$file" '$1 != NR - 1 { bad = 1 } END { print "all of " file ": " (bad ? "no" : "yes") }' "$file"
            done
            """;

    @Test
    void with_checkpoint_restore_and_setpcap_all_of_it_works(Scratch scratch) throws IOException {
        String said = as(scratch, "checkpoint_restore", "setpcap");

        assertAllOfItWorks(said);
    }

    @Test
    void without_any_capability_the_checkpoint_is_refused_and_the_application_runs_on(Scratch scratch) throws IOException {
        String said = as(scratch);

        assertTrue(said.contains("checkpoint 125\n") && said.contains("a checkpoint needs CAP_CHECKPOINT_RESTORE"), said);
        assertTrue(said.contains("it goes on"), said);
    }

    @Test
    void with_checkpoint_restore_and_ptrace_only_all_of_it_works_where_new_privileges_are_given_up(Scratch scratch) throws IOException {
        String said = AsNobody.run(scratch, List.of("checkpoint_restore", "sys_ptrace"), STEPS.formatted("setpriv --no-new-privs " + Checkout.python()));

        assertAllOfItWorks(said);
    }

    @Test
    @RequiresTool({"setcap", "patchelf"})
    void with_a_criu_that_has_file_capabilities_all_of_it_works_without_any(Scratch scratch) throws IOException {
        String home = AsNobody.home(scratch);
        try (Program grant = Program.with().nullStreams().environment("PATH", System.getenv("PATH"))
                .start(Checkout.root().resolve("scripts/grant-criu").toString(), home + "/criu", Integer.toString(AsNobody.NOBODY), CriuOnHost.path())) {
            assertEquals(0, grant.awaitEnd().exitCode());
        }
        String said = AsNobody.run(scratch, List.of(), "export THAW_CRIU=" + home + "/criu\n" + STEPS.formatted(Checkout.python()));
        assertAllOfItWorks(said);

        String refused = AsNobody.run(scratch, List.of(), "export THAW_NO_BUILD=1; setpriv --no-new-privs \"$HOME\"/checkout/thaw checkpoint --criu " + home + "/criu $$ image2; echo \"checkpoint $?\"");
        assertTrue(refused.contains("checkpoint 125\n") && refused.contains("CAP_CHECKPOINT_RESTORE"), refused);
    }

    @Test
    @RequiresTool("unshare")
    void in_a_user_namespace_all_of_it_works_without_any(Scratch scratch) throws IOException {
        String probe = AsNobody.run(scratch, List.of(), "unshare --user --map-root-user --pid --fork --mount-proc true && echo it may");
        Assumptions.assumeTrue(probe.contains("it may"), "this machine lets ordinary users have no user namespace with a /proc: " + probe);
        String said = AsNobody.run(scratch, List.of(), "cat >\"$HOME\"/steps <<'END'\nRUN='--pid-floor 300'\n" + STEPS.formatted(Checkout.python())
                + "END\nunshare --user --map-root-user --pid --fork --mount-proc bash \"$HOME\"/steps; grep -c /criu \"$HOME\"/thaw/criu-verdicts");

        assertAllOfItWorks(said);
        assertTrue(said.endsWith("\n1\n"), "criu is asked once whether it works: " + said);
    }

    @Test
    @RequiresTool({"unshare", "nsenter"})
    void a_command_beside_an_application_in_a_user_namespace_is_refused_with_a_way_that_works(Scratch scratch) throws IOException {
        String probe = AsNobody.run(scratch, List.of(), "unshare --user --map-root-user true && echo it may");
        Assumptions.assumeTrue(probe.contains("it may"), "this machine lets ordinary users have no user namespace: " + probe);
        String said = AsNobody.run(scratch, List.of(), """
                cd "$HOME" || exit
                export THAW_NO_BUILD=1
                thaw=$HOME/checkout/thaw
                "$thaw" run --detach --pid-file app.pid --name shop -- unshare --user --map-root-user sleep 1000
                pid=$(cat app.pid)
                for ((i = 0; i < 600; i++)); do
                    [[ $(<"/proc/$pid/comm") == sleep ]] && break
                    sleep 0.05
                done
                "$thaw" exec --name shop -- touch started
                echo "exec $?; started: $(ls started 2>/dev/null)."
                way=$("$thaw" exec --name shop -- COMMAND 2>&1 | sed -n 's/.*or: \\(nsenter .*\\) COMMAND$/\\1/p')
                echo "by $way: $($way id -u)."
                kill -KILL "$pid"
                """);

        assertTrue(said.contains("is in a user namespace of its own\n  because: its other namespaces can be entered from in there only, or with CAP_SYS_ADMIN"), said);
        assertTrue(said.contains("exec 125; started: .\n"), said);
        assertTrue(said.matches("(?s).*by nsenter --target \\d+ --user --preserve-credentials: 0\\.\n.*"), said);
    }

    private static void assertAllOfItWorks(String said) {
        assertTrue(said.contains("run 0\n") && said.contains("checkpoint 0\n") && said.contains("restore 0\n") && said.contains("it goes on")
                && said.contains("all of out: yes\n") && said.contains("all of err: yes\n"), said);
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
