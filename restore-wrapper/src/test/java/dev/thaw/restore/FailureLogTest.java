package dev.thaw.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FailureLogTest {

    @Test
    void images_that_fail_at_the_same_time_have_logs_of_their_own(@TempDir Path base, @TempDir Path images) {
        FileCalls.mkdir(images + "/one", 0700);
        FileCalls.mkdir(images + "/other", 0700);
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            String one = FailureLog.keep(failed("one"), work, Optional.empty(), images + "/one").orElseThrow();
            String other = FailureLog.keep(failed("other"), work, Optional.empty(), images + "/other").orElseThrow();
            assertNotEquals(one, other);
            assertEquals("(00.000000) restore of the images in " + images + "/one\none", read(one));
            assertEquals("(00.000000) restore of the images in " + images + "/other\nother", read(other));
            assertEquals(one, FailureLog.keep(failed("one again"), work, Optional.empty(), images + "/one").orElseThrow());
            assertTrue(read(one).endsWith("\none again"));
            assertEquals(0600, FileCalls.stat(one).permissions());
        }
    }

    @Test
    void it_lies_beside_the_generations_where_it_can(@TempDir Path base, @TempDir Path image) {
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            assertEquals(image + "/" + FailureLog.NAME,
                    FailureLog.keep(failed("why"), work, Optional.of(image.toString()), image + "/000001").orElseThrow());
            assertTrue(FailureLog.keep(failed("why"), work, Optional.of("/nonexistent"), "/nonexistent/000001").orElseThrow()
                    .startsWith(base + "/thaw-"));
        }
    }

    @Test
    void nothing_is_written_through_what_somebody_has_put_under_the_name_of_the_file_in_the_making(@TempDir Path base, @TempDir Path image) {
        String victim = base + "/victim";
        FileCalls.writeFile(victim, "precious".getBytes(UTF_8), 0600);
        FileCalls.symlink(victim, image + "/" + FailureLog.NAME + "." + ProcessCalls.getpid());
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            String log = FailureLog.keep(failed("why"), work, Optional.of(image.toString()), image + "/000001").orElseThrow();
            assertEquals("why", read(log));
            assertEquals("precious", read(victim));
        }
    }

    @Test
    void one_of_images_that_are_gone_is_removed_by_the_next(@TempDir Path base, @TempDir Path images) {
        FileCalls.mkdir(images + "/gone", 0700);
        FileCalls.mkdir(images + "/there", 0700);
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            String gone = FailureLog.keep(failed("why"), work, Optional.empty(), images + "/gone").orElseThrow();
            FileCalls.rmdir(images + "/gone");
            String there = FailureLog.keep(failed("why"), work, Optional.empty(), images + "/there").orElseThrow();
            assertEquals(Set.of(there), logs(base));
            assertTrue(FileCalls.lstatIfExists(gone).isEmpty());
        }
    }

    @Test
    void one_of_images_that_are_gone_is_removed_by_any_restore(@TempDir Path base, @TempDir Path images) {
        FileCalls.mkdir(images + "/gone", 0700);
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            FailureLog.keep(failed("why"), work, Optional.empty(), images + "/gone");
        }
        WorkDirectory.create(List.of(base.toString())).close();
        assertEquals(1, logs(base).size());
        FileCalls.rmdir(images + "/gone");
        WorkDirectory.create(List.of(base.toString())).close();
        assertEquals(Set.of(), logs(base));
    }

    @Test
    void no_more_than_16_are_kept_and_the_newest_of_them(@TempDir Path base, @TempDir Path images) {
        Set<String> newest = new HashSet<>();
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            for (int i = 0; i < 20; i++) {
                FileCalls.mkdir(images + "/" + i, 0700);
                String log = FailureLog.keep(failed("why"), work, Optional.empty(), images + "/" + i).orElseThrow();
                modified(log, i);
                if (i >= 4) {
                    newest.add(log);
                }
            }
            FileCalls.mkdir(images + "/last", 0700);
            newest.add(FailureLog.keep(failed("why"), work, Optional.empty(), images + "/last").orElseThrow());
            newest.remove(StrayLogs.path(base.toString(), images + "/4"));
        }
        assertEquals(newest, logs(base));
    }

    @Test
    void a_restore_that_works_removes_that_of_its_images_and_no_other(@TempDir Path base, @TempDir Path images) {
        FileCalls.mkdir(images + "/one", 0700);
        FileCalls.mkdir(images + "/other", 0700);
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            FailureLog.keep(failed("why"), work, Optional.empty(), images + "/one");
            String other = FailureLog.keep(failed("why"), work, Optional.empty(), images + "/other").orElseThrow();
            FailureLog.forget(work, images + "/one");
            assertEquals(Set.of(other), logs(base));
        }
    }

    @Test
    void what_is_no_log_of_ours_is_let_be_and_what_a_killed_thaw_was_writing_is_not(@TempDir Path base, @TempDir Path images) {
        String victim = images + "/victim";
        FileCalls.writeFile(victim, "(00.000000) restore of the images in /nonexistent\n".getBytes(UTF_8), 0600);
        String link = base + "/thaw-00000001-" + FailureLog.NAME;
        FileCalls.symlink(victim, link);
        String secondName = base + "/thaw-00000002-" + FailureLog.NAME;
        FileCalls.writeFile(victim + "2", "(00.000000) restore of the images in /nonexistent\n".getBytes(UTF_8), 0600);
        FileCalls.link(victim + "2", secondName);
        String fifo = base + "/thaw-00000003-" + FailureLog.NAME;
        FileCalls.mkfifo(fifo, 0600);
        FileCalls.writeFile(base + "/thaw-00000004-" + FailureLog.NAME + ".999999999", new byte[0], 0600);
        String beingWritten = base + "/thaw-00000005-" + FailureLog.NAME + "." + ProcessCalls.getpid();
        FileCalls.writeFile(beingWritten, new byte[0], 0600);
        StrayLogs.sweep(base.toString());
        assertEquals(Set.of(link, secondName, fifo, beingWritten), logs(base));
        assertTrue(FileCalls.lstatIfExists(victim).isPresent());
    }

    private static Set<String> logs(Path base) {
        return FileCalls.list(base.toString()).stream().filter(name -> name.contains(FailureLog.NAME)).map(name -> base + "/" + name).collect(Collectors.toSet());
    }

    private static void modified(String path, int second) {
        try {
            Files.setLastModifiedTime(Path.of(path), FileTime.from(second, TimeUnit.SECONDS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CriuRun.Outcome failed(String log) {
        return new CriuRun.Outcome(Optional.of(new WaitStatus.Exited(1)), OptionalInt.empty(), "", log);
    }

    private static String read(String path) {
        return new String(FileCalls.readAll(path), UTF_8);
    }
}
