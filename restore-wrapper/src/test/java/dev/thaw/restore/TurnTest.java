package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.RemapImage;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TurnTest {
    private static final String NAME = "\0thaw-test-" + ProcessCalls.getpid() + "-";

    private static Patience patience(Duration limit) {
        return Patience.of(limit, OptionalInt::empty);
    }

    @Test
    void the_second_has_its_turn_when_the_first_has_had_its() throws ExecutionException, InterruptedException {
        String name = NAME + "turns";
        CompletableFuture<Turn> second;
        Turn first = Turn.inNetwork(name, patience(Duration.ofSeconds(30)));
        try {
            second = CompletableFuture.supplyAsync(() -> Turn.inNetwork(name, patience(Duration.ofSeconds(30))));
            // What is not to happen has no event: at least it does not happen at once.
            assertThrows(Failure.class, () -> Turn.inNetwork(name, patience(Duration.ofMillis(200))));
            assertFalse(second.isDone());
        } finally {
            first.close();
        }
        second.get().close();
    }

    @Test
    void who_waits_too_long_is_told_and_it_is_not_the_images_fault() {
        String name = NAME + "limit";
        Turn first = Turn.inNetwork(name, patience(Duration.ofSeconds(30)));
        try {
            Failure failure = assertThrows(Failure.class, () -> Turn.inNetwork(name, patience(Duration.ofMillis(50))));
            assertEquals(ExitCode.TIME_LIMIT, failure.exitCode());
            assertTrue(failure.getCause() instanceof NotTheImagesFault);
        } finally {
            first.close();
        }
    }

    @Test
    void who_waits_ends_when_asked_to() {
        String name = NAME + "end";
        Turn first = Turn.inNetwork(name, patience(Duration.ofSeconds(30)));
        try {
            Patience asked = Patience.of(Duration.ofSeconds(30), () -> OptionalInt.of(Signals.SIGTERM));
            assertEquals(128 + Signals.SIGTERM, assertThrows(Failure.class, () -> Turn.inNetwork(name, asked)).exitCode());
        } finally {
            first.close();
        }
    }

    @Test
    void turns_of_other_names_do_not_matter() {
        try (Turn one = Turn.inNetwork(NAME + "one", patience(Duration.ofSeconds(30)));
                Turn other = Turn.inNetwork(NAME + "other", patience(Duration.ZERO))) {
            assertTrue(one != other);
        }
    }

    @Test
    void restores_with_deleted_files_in_one_directory_take_turns_but_not_forever(@TempDir Path directory) {
        try (Turn first = Turn.inDirectory(directory.toString(), patience(Duration.ofSeconds(30)))) {
            Patience asked = Patience.of(Duration.ofSeconds(30), () -> OptionalInt.of(Signals.SIGTERM));
            assertThrows(Failure.class, () -> Turn.inDirectory(directory.toString(), asked), "it waits");
            Turn.inDirectory(directory.toString(), patience(Duration.ofMillis(50))).close();
            assertTrue(first != null);
        }
        Patience asked = Patience.of(Duration.ofSeconds(30), () -> OptionalInt.of(Signals.SIGTERM));
        Turn.inDirectory(directory.toString(), asked).close();
        Turn.inDirectory(directory + "/missing", asked).close();
    }

    @Test
    void deleted_files_are_made_again_in_the_nearest_directory_that_is_there(@TempDir Path directory) {
        ImageBuilder image = new ImageBuilder();
        FileSpec one = image.regular(directory + "/gone/too/a");
        FileSpec other = image.regular(directory + "/b");
        FileSpec left = image.regular("/etc/passwd");
        image.task(100).fd(3, one).fd(4, other).fd(5, left);
        image.remap(one, 1, RemapImage.Kind.GHOST).remap(other, 2, RemapImage.Kind.LINKED).remap(left, 3, RemapImage.Kind.PROCFS);
        assertEquals(Set.of(directory.toString()), Turn.directories(image.snapshot()));
    }

    @Test
    void restores_of_one_image_with_deleted_files_take_turns(@TempDir Path directory) throws IOException {
        String file = Files.createFile(directory.resolve("remap-fpath.img")).toString();
        try (Turn first = Turn.withDeletedFiles(file, patience(Duration.ZERO))) {
            Failure failure = assertThrows(Failure.class, () -> Turn.withDeletedFiles(file, patience(Duration.ofMillis(50))));
            assertEquals(ExitCode.TIME_LIMIT, failure.exitCode());
            assertTrue(failure.getMessage().startsWith("other restores of this image took longer"), failure.getMessage());
            assertTrue(first != null && failure.getCause() instanceof NotTheImagesFault);
        }
        Turn.withDeletedFiles(file, patience(Duration.ZERO)).close();
    }
}
