package dev.thaw.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.Generation;
import dev.thaw.linux.FileCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ImageRootTest {
    @TempDir
    Path directory;

    @Test
    void a_new_image_is_made_for_its_owner_only() {
        try (ImageRoot root = ImageRoot.open(directory + "/a/b/")) {
            Generation generation = root.begin();
            assertEquals(directory + "/a/b/000001", generation.directory());
            assertEquals(0700, FileCalls.stat(root.path()).permissions());
            assertEquals(0700, FileCalls.stat(generation.directory()).permissions());
            assertEquals(Optional.empty(), root.current());
        }
    }

    @Test
    void only_one_checkpoint_at_a_time_writes_to_an_image() {
        try (ImageRoot root = ImageRoot.open(image())) {
            Failure failure = assertThrows(Failure.class, () -> ImageRoot.open(image()));
            assertEquals("another checkpoint is writing to " + root.path(), failure.what());
        }
        ImageRoot.open(image()).close();
    }

    @Test
    void what_never_got_a_manifest_is_removed_by_the_next_checkpoint() {
        try (ImageRoot root = ImageRoot.open(image())) {
            FileCalls.writeFile(root.begin().directory() + "/pages-1.img", new byte[10], 0600);
            complete(root.begin());
        }
        try (ImageRoot root = ImageRoot.open(image())) {
            assertEquals(List.of("000002"), FileCalls.list(root.path()));
            assertEquals(3, root.begin().number());
        }
    }

    @Test
    void the_newest_generations_stay_and_the_current_one_always() {
        try (ImageRoot root = ImageRoot.open(image())) {
            for (int i = 0; i < 5; i++) {
                complete(root.begin());
            }
            root.makeCurrent("000002");
            root.makeCurrent("000001");
            assertEquals(Optional.of("000001"), root.current());
            assertEquals(List.of(2, 3), root.superfluous(2).stream().map(Generation::number).toList());
            root.discard(root.path() + "/000002");
            assertFalse(FileCalls.list(root.path()).contains("000002"));
            root.restoreCurrent(Optional.empty());
            assertEquals(Optional.empty(), root.current());
        }
    }

    @Test
    void a_directory_with_something_else_in_it_is_left_alone() {
        FileCalls.mkdir(image(), 0700);
        FileCalls.writeFile(image() + "/letter.txt", new byte[1], 0600);
        Failure failure = assertThrows(Failure.class, () -> ImageRoot.open(image()));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(failure.because().get(0).contains("letter.txt"));
    }

    @Test
    void a_bare_images_directory_is_not_written_to() {
        FileCalls.mkdir(image(), 0700);
        FileCalls.writeFile(image() + "/inventory.img", new byte[1], 0600);
        assertTrue(assertThrows(Failure.class, () -> ImageRoot.open(image())).what().endsWith("holds the images of one dump"));
    }

    @Test
    void a_directory_that_others_can_write_to_is_refused() {
        FileCalls.mkdir(image(), 0700);
        FileCalls.chmod(image(), 0777);
        Failure failure = assertThrows(Failure.class, () -> ImageRoot.open(image()));
        assertEquals(ExitCode.IMAGE, failure.exitCode());
    }

    @Test
    void a_file_is_no_image() {
        FileCalls.writeFile(image(), new byte[1], 0600);
        assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> ImageRoot.open(image())).exitCode());
        assertEquals(ExitCode.USAGE, assertThrows(Failure.class, () -> ImageRoot.open("")).exitCode());
    }

    private String image() {
        return directory + "/image";
    }

    private static void complete(Generation generation) {
        FileCalls.writeFile(generation.directory() + "/manifest.json", new byte[0], 0600);
    }
}
