package dev.thaw.shrink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.proc.StatusFile;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class JudgementTest {
    private static final String MAPS = "7f00-7f10 r-xp 00000000 08:01 7  /usr/lib/jvm/17/lib/server/libjvm.so\n";
    private static final StatusFile LISTENS = StatusFile.parse("SigCgt:\t0000000000000004\n");
    private static final List<String> JAVA = List.of("java", "-cp", "x", "Main");

    private static Judgement judge(List<String> arguments, String... environment) {
        return Judgement.of(MAPS, arguments, List.of(environment), LISTENS, 'S');
    }

    private static void assertUnwilling(String reason, Judgement judgement) {
        assertEquals(Judgement.Kind.UNWILLING, judgement.kind());
        assertTrue(judgement.because().get(0).contains(reason), judgement.because().toString());
    }

    @Test
    void hotspot_takes_commands() {
        assertEquals(Judgement.Kind.WILLING, judge(JAVA).kind());
    }

    @Test
    void a_process_without_libjvm_is_no_jvm() {
        assertEquals(Judgement.Kind.OTHER, Judgement.of("7f00-7f10 r-xp 0 08:01 7 /usr/bin/python3\n", JAVA, List.of(), LISTENS, 'S').kind());
    }

    @Test
    void openj9_is_told_apart() {
        assertUnwilling("OpenJ9", Judgement.of(MAPS + "7f20-7f30 r-xp 0 08:01 8 /opt/java/lib/default/libj9vm29.so\n", JAVA, List.of(), LISTENS, 'S'));
    }

    @Test
    void a_jvm_that_sigquit_would_end_is_left_alone() {
        assertUnwilling("SIGQUIT", Judgement.of(MAPS, JAVA, List.of(), StatusFile.parse("SigCgt:\t0000000000000002\n"), 'S'));
    }

    @Test
    void a_stopped_jvm_is_left_alone() {
        assertUnwilling("stopped", Judgement.of(MAPS, JAVA, List.of(), LISTENS, 'T'));
    }

    @Test
    void the_last_word_about_the_attach_mechanism_counts() {
        String off = "-XX:+DisableAttachMechanism";
        String on = "-XX:-DisableAttachMechanism";
        assertUnwilling("DisableAttachMechanism", judge(List.of("java", off, "Main")));
        assertEquals(Judgement.Kind.WILLING, judge(List.of("java", off, on, "Main")).kind());
        assertUnwilling("DisableAttachMechanism", judge(JAVA, "A=b", "JAVA_TOOL_OPTIONS=-Xmx1g " + off));
        assertUnwilling("DisableAttachMechanism", judge(JAVA, "JDK_JAVA_OPTIONS=" + off));
        assertEquals(Judgement.Kind.WILLING, judge(List.of("java", on, "Main"), "JAVA_TOOL_OPTIONS=" + off).kind());
        assertUnwilling("DisableAttachMechanism", judge(List.of("java", on, "Main"), "_JAVA_OPTIONS=" + off));
        assertEquals(Judgement.Kind.WILLING, judge(JAVA, "MY_JAVA_TOOL_OPTIONS=" + off).kind());
    }
}
