package dev.thaw.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class RuntimeHintsTest {
    private static final Set<String> ELF = Set.of(".text");
    private static final String JVM = "JDK_JAVA_OPTIONS=-XX:-UsePerfData";

    @Test
    void a_jvm_writes_no_performance_data() {
        RuntimeHints.Result result = apply("/usr/lib/jvm/17/bin/java", "", List.of("A=1"), "java", "-jar", "x.jar");
        assertEquals(List.of("A=1", JVM), result.environment());
        assertEquals(List.of(JVM + " (a JVM)"), result.said());
    }

    @Test
    void options_that_are_there_are_kept() {
        assertEquals(List.of("JDK_JAVA_OPTIONS=-Xmx1g -XX:-UsePerfData"),
                apply("/bin/java", "", List.of("JDK_JAVA_OPTIONS=-Xmx1g"), "java").environment());
    }

    @Test
    void a_decision_of_the_user_is_not_overruled() {
        List<String> environment = List.of("JDK_JAVA_OPTIONS=-XX:+UsePerfData");
        assertEquals(new RuntimeHints.Result(environment, List.of()), apply("/bin/java", "", environment, "java"));
        assertEquals(List.of("GODEBUG=multipathtcp=1"), go(List.of("GODEBUG=multipathtcp=1")).environment());
        assertEquals(List.of("UV_USE_IO_URING=1"), apply("/bin/node", "", List.of("UV_USE_IO_URING=1"), "node").environment());
    }

    @Test
    void go_is_known_by_its_build_information_and_its_setting_is_appended() {
        assertEquals(List.of("GODEBUG=multipathtcp=0"), go(List.of()).environment());
        assertEquals(List.of("GODEBUG=madvdontneed=1,multipathtcp=0"), go(List.of("GODEBUG=madvdontneed=1")).environment());
    }

    @Test
    void node_uses_no_io_uring() {
        assertEquals(List.of("UV_USE_IO_URING=0"), apply("/usr/bin/node", "", List.of(), "node", "x.js").environment());
    }

    @ParameterizedTest
    @CsvSource({
        "'#!/bin/sh\nexec java -jar x.jar', true", "'#!/bin/sh\nexec \"$JAVA_HOME/bin/java\" x', true", "'#!/usr/bin/env java --source 17', true",
        "'#!/bin/sh\nvi Main.java', false", "'#!/bin/sh\njavac x', false", "'#!/bin/sh\nmy-java', false"})
    void a_script_is_read_for_what_it_calls(String script, boolean jvm) {
        assertEquals(jvm ? List.of(JVM) : List.of(), apply("/opt/app/run.sh", script, List.of(), "run.sh").environment());
    }

    @Test
    void arguments_of_programs_that_start_others_are_read() {
        assertEquals(List.of(JVM), apply("/usr/bin/dash", "", List.of(), "sh", "-c", "java -version").environment());
        assertEquals(List.of(JVM), apply("/usr/bin/env", "", List.of(), "env", "A=1", "/opt/jdk/bin/java").environment());
        assertEquals(List.of(), apply("/usr/bin/ls", "", List.of(), "ls", "/usr/share/java").environment());
    }

    private static RuntimeHints.Result go(List<String> environment) {
        return RuntimeHints.apply(new Program("/x", "/x", "", Set.of(".text", ".go.buildinfo")), List.of("x"), environment);
    }

    private static RuntimeHints.Result apply(String realPath, String script, List<String> environment, String... argv) {
        return RuntimeHints.apply(new Program(realPath, realPath, script, script.isEmpty() ? ELF : Set.of()), List.of(argv), environment);
    }
}
