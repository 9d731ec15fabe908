package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuCommandLineTest {
    private static final List<String> ALWAYS = List.of("/opt/criu", "restore", "--no-default-config", "--images-dir", "/images", "--work-dir",
            "/run/thaw-1", "--log-file", "restore.log", "-v4", "--pidfile", "restored.pid", "--restore-detached", "--restore-sibling",
            "--manage-cgroups=ignore");

    private static RestorePlan plan(RestorePlan.CriuSwitches switches, Handover... handovers) {
        return new RestorePlan("/elsewhere", 100, List.of(handovers), List.of(), Optional.empty(), switches, List.of(), List.of(100), List.of());
    }

    private static RestorePlan.CriuSwitches plain() {
        return new RestorePlan.CriuSwitches(false, false, Optional.empty(), false, false, List.of());
    }

    private static Handover handover(int number, String key) {
        Use use = new Use(Use.Kind.DESCRIPTOR, List.of(100), 1, 1);
        return new Handover(number, key, Handover.Way.BY_KEY, List.of(use), key, new Opening.Own(1), 1, new Handover.Bytes(new byte[0]), "auto", "");
    }

    /** What comes behind the part that is always the same. */
    private static List<String> behind(RestorePlan plan) {
        List<String> argv = CriuCommandLine.restore("/opt/criu", "/images", "/run/thaw-1", plan);
        assertEquals(ALWAYS, argv.subList(0, ALWAYS.size()));
        return argv.subList(ALWAYS.size(), argv.size());
    }

    @Test
    void criu_is_detached_our_child_keeps_off_cgroups_and_reads_no_configuration() {
        assertEquals(List.of(), behind(plan(plain())));
    }

    @Test
    void each_switch_of_the_plan_is_an_option() {
        assertEquals(List.of("--shell-job", "--file-locks", "--tcp-close", "--ext-unix-sk", "--allow-uprobes", "--cpu-cap=none"),
                behind(plan(new RestorePlan.CriuSwitches(true, true, Optional.of("--tcp-close"), true, true, List.of("--cpu-cap=none")))));
        assertEquals(List.of("--tcp-established"),
                behind(plan(new RestorePlan.CriuSwitches(false, false, Optional.of("--tcp-established"), false, false, List.of()))));
    }

    @Test
    void a_key_is_one_argument_whatever_is_in_it() {
        assertEquals(List.of("--inherit-fd", "fd[3]:pipe:[5]", "--inherit-fd", "fd[4]:tmp/a b:c[1] $x", "--inherit-fd", "fd[12]:/memfd:x"),
                behind(plan(plain(), handover(3, "pipe:[5]"), handover(4, "tmp/a b:c[1] $x"), handover(12, "/memfd:x"))));
    }

    @Test
    void the_arguments_cannot_be_changed_any_more() {
        List<String> argv = CriuCommandLine.restore("criu", "/images", "/run/thaw-1", plan(plain()));
        assertThrows(UnsupportedOperationException.class, () -> argv.add("--leave-stopped"));
    }
}
