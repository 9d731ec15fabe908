package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Children;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With shell scripts in the part of criu: each writes down how it was called. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuLocatorTest {
    private static final String IN_A_CONTAINER = "case $1 in --version) echo 'Version: 4.2.1';; check) echo 'Error (criu/cr-check.c:160): "
            + "sys/kernel/ns_last_pid sysctl is inaccessible: Read-only file system' >&2; exit 1;; esac";
    private static final String GOOD = "case $1 in --version) echo 'Version: 4.2.1';; check) echo 'Looks good.';; esac";
    private static final String BROKEN = """
            case $1 in
                --version) echo 'Version: 3.17.1' ;;
                check) echo 'Error (criu/vdso.c:210): vdso: Unexpected rt vDSO area bounds' >&2; exit 1 ;;
            esac""";

    @TempDir
    private Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private String prefix;
    private String verdicts;

    @BeforeEach
    void nothing_of_this_machine_is_seen() {
        prefix = directory + "/prefix";
        verdicts = directory + "/verdicts";
        environment.put("PATH", directory + "/bin");
    }

    @Test
    void thaw_criu_comes_before_the_installed_one_and_that_before_path() throws IOException {
        String named = fake("named", GOOD);
        String installed = fake("prefix/bin/criu", GOOD);
        String inPath = fake("bin/criu", GOOD);

        environment.put("THAW_CRIU", named);
        assertEquals(new CriuBinary(named, new CriuVersion(4, 2, 1), "$THAW_CRIU", List.of()), find(""));
        environment.remove("THAW_CRIU");
        assertEquals(new CriuBinary(installed, new CriuVersion(4, 2, 1), "installed by scripts/install-criu", List.of()), find(""));
        Files.delete(Path.of(installed));
        assertEquals(new CriuBinary(inPath, new CriuVersion(4, 2, 1), "PATH", List.of()), find(""));
    }

    @Test
    void one_that_misses_nothing_but_a_writable_proc_sys_works() throws IOException {
        String inPath = fake("bin/criu", IN_A_CONTAINER);
        assertEquals(inPath, assertInstanceOf(CriuBinary.class, find("")).path());
    }

    @Test
    void what_was_asked_for_comes_first() throws IOException {
        environment.put("THAW_CRIU", fake("named", GOOD));
        String asked = fake("asked", GOOD);
        assertEquals("--criu", assertInstanceOf(CriuBinary.class, find(asked)).origin());
        fake("bin/other-criu", GOOD);
        assertEquals(directory + "/bin/other-criu", assertInstanceOf(CriuBinary.class, find("other-criu")).path());
    }

    @Test
    void one_that_was_asked_for_and_fails_is_not_replaced_by_another() throws IOException {
        fake("bin/criu", GOOD);
        String asked = fake("asked", BROKEN);
        CriuSearch.Unusable unusable = assertInstanceOf(CriuSearch.Unusable.class, find(asked));
        assertTrue(unusable.reason().startsWith("criu check (version 3.17.1) ended with 1: Error (criu/vdso.c:210)"), unusable::reason);
        assertTrue(unusable.reason().contains("too old for this kernel"), unusable::reason);

        Failure failure = assertThrows(Failure.class, unusable::orFailure);
        assertEquals(ExitCode.FAILURE, failure.exitCode());
        assertEquals("--criu " + asked + " cannot be used", failure.what());
        assertEquals("there is no such program in PATH", assertInstanceOf(CriuSearch.Unusable.class, find("nonesuch")).reason());
    }

    @Test
    void broken_ones_are_passed_over_with_the_reason() throws IOException {
        environment.put("THAW_CRIU", directory + "/nothing-here");
        String installed = fake("prefix/bin/criu", BROKEN);
        String inPath = fake("bin/criu", GOOD);
        CriuBinary found = assertInstanceOf(CriuBinary.class, find(""));
        assertEquals(inPath, found.path());
        assertSame(found, found.orFailure());
        assertEquals(List.of(directory + "/nothing-here", installed), found.passedOver().stream().map(CriuSearch.Passed::path).toList());
        assertEquals("there is no such file", found.passedOver().get(0).reason());
    }

    @Test
    void a_file_with_two_names_is_asked_once() throws IOException {
        String first = fake("bin/criu", BROKEN);
        Files.createSymbolicLink(directory.resolve("sbin"), Path.of("bin"));
        environment.put("PATH", directory + "/bin:" + directory + "/sbin");
        assertEquals(List.of(first), assertInstanceOf(CriuSearch.NotFound.class, find("")).passedOver().stream().map(CriuSearch.Passed::path).toList());
    }

    @Test
    void finding_none_tells_every_place_and_what_to_do() throws IOException {
        String installed = fake("prefix/bin/criu", "echo sorry; exit 3");
        Failure failure = assertThrows(Failure.class, () -> find("").orFailure());
        assertEquals("no working criu on this machine", failure.what());
        assertEquals(List.of(installed + " (installed by scripts/install-criu): criu --version ended with 3: sorry"), failure.because());
        assertTrue(failure.tries().get(0).startsWith("scripts/install-criu"));

        Files.delete(Path.of(installed));
        assertEquals("no criu on this machine", assertThrows(Failure.class, () -> find("").orFailure()).what());
    }

    @Test
    void a_criu_that_hangs_is_ended_with_its_children() throws IOException {
        String asked = fake("asked", "sleep 60 & echo $! > \"$0.child\"; wait");
        CriuSearch search = locator(new CriuProbe(Duration.ofMillis(500))).find(asked);
        assertTrue(assertInstanceOf(CriuSearch.Unusable.class, search).reason().contains("no answer within"));
        int child = Integer.parseInt(Files.readString(Path.of(asked + ".child")).strip());
        // A process 1 that reaps nobody leaves it a zombie, which has ended as well.
        Await.until("the end of the child", () -> !Children.isRunning(child));
    }

    @Test
    void a_file_that_cannot_be_started_is_passed_over() throws IOException {
        Path script = Path.of(fake("asked", GOOD));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-------"));
        assertEquals("it is no executable file", assertInstanceOf(CriuSearch.Unusable.class, find(script.toString())).reason());
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(script, "#!/nonexistent/interpreter\n");
        assertTrue(assertInstanceOf(CriuSearch.Unusable.class, find(script.toString())).reason().startsWith("it does not start: "));
    }

    @Test
    void a_good_verdict_is_remembered_until_the_file_changes() throws IOException {
        String asked = fake("asked", GOOD);
        CriuSearch first = find(asked);
        assertEquals(2, calls(asked));
        assertEquals(first, find(asked));
        assertEquals(2, calls(asked), "asked again");
        Files.setLastModifiedTime(Path.of(asked), FileTime.fromMillis(1_000_000_000L));
        assertEquals(first, find(asked));
        assertEquals(4, calls(asked));
    }

    @Test
    void a_bad_verdict_is_not_remembered() throws IOException {
        String asked = fake("asked", BROKEN);
        find(asked);
        find(asked);
        assertEquals(4, calls(asked));
    }

    @Test
    void verdicts_of_others_or_in_a_place_open_to_others_are_not_believed() throws IOException {
        String asked = fake("asked", GOOD);
        find(asked);
        Path kept = Path.of(verdicts, "criu-verdicts");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(verdicts))));

        Path elsewhere = Files.move(kept, directory.resolve("elsewhere"));
        Files.createSymbolicLink(kept, elsewhere);
        find(asked);
        assertEquals(4, calls(asked), "a symbolic link was followed");

        Files.setPosixFilePermissions(Path.of(verdicts), PosixFilePermissions.fromString("rwxrwxrwx"));
        find(asked);
        assertEquals(6, calls(asked), "a directory that others can write to was believed");
    }

    @Test
    void verdicts_are_kept_in_a_place_of_the_user() {
        Map<String, String> all = Map.of("XDG_RUNTIME_DIR", "/run/user/7", "XDG_CACHE_HOME", "/caches/7", "HOME", "/home/7");
        assertEquals("/run/thaw", CriuVerdicts.place(all, true));
        assertEquals("/run/user/7/thaw", CriuVerdicts.place(all, false));
        assertEquals("/caches/7/thaw", CriuVerdicts.place(Map.of("XDG_CACHE_HOME", "/caches/7", "HOME", "/home/7"), false));
        assertEquals("/home/7/.cache/thaw", CriuVerdicts.place(Map.of("HOME", "/home/7", "XDG_RUNTIME_DIR", "relative"), false));
        assertEquals("", CriuVerdicts.place(Map.of(), false));
    }

    @Test
    void a_verdict_file_of_nonsense_is_ignored_and_replaced() throws IOException {
        String asked = fake("asked", GOOD);
        find(asked);
        Path kept = Path.of(verdicts, "criu-verdicts");
        Files.write(kept, new byte[] {0, '\n', (byte) 0xff, '\t', '\t', '\n'});
        find(asked);
        assertEquals(4, calls(asked));
        find(asked);
        assertEquals(4, calls(asked));
        Files.writeString(kept, Files.readString(kept).replaceAll("4\\.2\\.1", "four"));
        find(asked);
        assertEquals(6, calls(asked));
    }

    private CriuSearch find(String asked) {
        return locator(new CriuProbe()).find(asked);
    }

    private CriuLocator locator(CriuProbe probe) {
        return CriuLocator.isolated(environment, prefix, probe, CriuVerdicts.in(verdicts));
    }

    private String fake(String name, String body) throws IOException {
        Path script = directory.resolve(name);
        Files.createDirectories(script.getParent());
        Files.writeString(script, "#!/bin/sh\necho \"$*\" >> \"$0.calls\"\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
    }

    private static int calls(String script) throws IOException {
        return Files.readAllLines(Path.of(script + ".calls")).size();
    }
}
