package dev.thaw.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.compat.Here.Asked;
import dev.thaw.compat.Mismatch.Severity;
import dev.thaw.criu.CriuVersion;
import dev.thaw.image.Compatibility;
import dev.thaw.image.Compatibility.FileIdentity;
import dev.thaw.image.Manifest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ComparisonTest {
    private static final FileIdentity SERVER = new FileIdentity("/opt/server", 1000, 5, "");
    private static final FileIdentity LIBC = new FileIdentity("/lib/libc.so.6", 2000, 5, "abcd");
    private static final Compatibility RECORDED = new Compatibility(
            List.of("/opt/server", "--port", "80"), List.of(SERVER), List.of(SERVER, LIBC), List.of("avx", "avx2", "sse2"), "", 60_000, 1000, 1000, "0");

    private static Manifest manifest(String criuOption) {
        return new Manifest(1, "0.1.0", "4.2.1", "/criu", "2026-01-02T03:04:05Z", 100, List.of("server: idle"), List.of(criuOption), "6.18.4", "amd64",
                "boot-1", false, List.of(), List.of(), List.of(), List.of(), List.of(), 1, 0, RECORDED);
    }

    /** Everything as it was, to be changed by a test. */
    private String criu = "4.2.1";
    private String kernel = "6.18.4";
    private String boot = "boot-1";
    private long monotonicMillis = 70_000;
    private List<String> cpuFlags = List.of("avx", "avx2", "avx512f", "sse2");
    private int uid;
    private long capabilities = -1;
    private FileIdentity libc = LIBC;
    private Optional<Asked> asked = Optional.empty();

    private List<Mismatch> mismatches(String... accepted) {
        Here here = new Here("0.1.0", CriuVersion.parse("Version: " + criu), kernel, "amd64", boot, monotonicMillis, Set.copyOf(cpuFlags), uid, uid, capabilities,
                Map.of(SERVER.path(), Optional.of(SERVER), LIBC.path(), Optional.of(libc)), asked);
        return Comparison.of(manifest("--shell-job"), here, Set.of(accepted));
    }

    private void expect(Kind kind, Severity severity, String... accepted) {
        List<Mismatch> found = mismatches(accepted);
        assertEquals(List.of(kind + " " + severity), found.stream().map(one -> one.kind() + " " + one.severity()).toList());
    }

    @Test
    void nothing_is_said_where_nothing_has_changed() {
        assertEquals(List.of(), mismatches());
    }

    @Test
    void an_older_criu_is_fatal_unless_accepted() {
        criu = "4.1";
        expect(Kind.CRIU, Severity.FATAL);
        expect(Kind.CRIU, Severity.ACCEPTED, "criu");
        expect(Kind.CRIU, Severity.ACCEPTED, "all");
        expect(Kind.CRIU, Severity.FATAL, "cpu");
    }

    @Test
    void a_newer_criu_is_nothing_to_speak_of() {
        criu = "4.3";
        assertEquals(List.of(), mismatches());
    }

    @Test
    void instructions_that_are_missing_are_fatal_and_named() {
        cpuFlags = List.of("sse2");
        expect(Kind.CPU, Severity.FATAL);
        assertTrue(mismatches().get(0).what().contains("avx avx2"), mismatches().toString());
    }

    @Test
    void an_older_kernel_is_a_warning_and_a_newer_one_is_not() {
        kernel = "6.1.0";
        expect(Kind.KERNEL, Severity.WARNING);
        kernel = "6.19.1";
        expect(Kind.KERNEL, Severity.NOTE);
    }

    @Test
    void another_boot_matters_when_the_clock_of_timers_goes_back() {
        boot = "boot-2";
        expect(Kind.BOOT, Severity.NOTE);
        monotonicMillis = 10_000;
        expect(Kind.BOOT, Severity.WARNING);
        assertTrue(mismatches().get(0).because().get(0).contains("50 s"), mismatches().toString());
    }

    @Test
    void only_root_restores_for_others() {
        uid = 2000;
        expect(Kind.USER, Severity.FATAL);
        uid = 1000;
        assertEquals(List.of(), mismatches());
    }

    @Test
    void a_library_of_another_build_is_fatal_and_one_of_the_same_is_none() {
        libc = new FileIdentity(LIBC.path(), LIBC.size(), 6, "abcd");
        assertEquals(List.of(), mismatches());
        libc = new FileIdentity(LIBC.path(), LIBC.size(), 6, "ef01");
        expect(Kind.EXECUTABLE, Severity.FATAL);
    }

    @Test
    void another_command_is_fatal_and_the_same_is_known_by_what_thaw_started() {
        asked = Optional.of(new Asked(List.of("/opt/server", "--port", "80"), List.of(SERVER)));
        assertEquals(List.of(), mismatches());
        asked = Optional.of(new Asked(List.of("/opt/server", "--port", "81"), List.of(SERVER)));
        expect(Kind.COMMAND, Severity.FATAL);
    }

    @Test
    void a_command_whose_file_was_replaced_is_fatal() {
        asked = Optional.of(new Asked(RECORDED.command(), List.of(new FileIdentity(SERVER.path(), SERVER.size(), 99, ""))));
        expect(Kind.EXECUTABLE, Severity.FATAL);
        asked = Optional.of(new Asked(RECORDED.command(), List.of(new FileIdentity("/opt/2/server", 1000, 5, ""))));
        expect(Kind.EXECUTABLE, Severity.FATAL);
    }

    @Test
    void of_the_flags_of_x86_those_count_that_programs_use() {
        assertEquals(List.of("avx2", "sse4_2"), CpuFlags.parse("processor : 0\nflags\t\t: vme sse4_2 hypervisor avx2 ibrs\nbugs : x\n"));
        assertEquals(List.of("aes", "asimd"), CpuFlags.parse("processor : 0\nFeatures\t: asimd aes\n"));
    }

    @Test
    void a_command_line_names_what_it_runs_with_its_first_word_that_is_no_option() {
        assertEquals(List.of("shop.jar"), ProgramFiles.candidates(List.of("java", "-Xmx1g", "-jar", "shop.jar", "data.csv")));
        assertEquals(List.of("a.jar", "b.jar"), ProgramFiles.candidates(List.of("java", "-cp", "a.jar:b.jar", "Main")));
        assertEquals(List.of(), ProgramFiles.candidates(List.of("server")));
    }
}
