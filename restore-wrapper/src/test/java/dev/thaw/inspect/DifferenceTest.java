package dev.thaw.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.ResolvedImage;
import dev.thaw.inspect.Difference.Change;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DifferenceTest {
    private final ImageBuilder before = new ImageBuilder();
    private final ImageBuilder after = new ImageBuilder();

    @Test
    void the_same_is_no_difference() {
        before.task(100).command("app").fd(3, before.regular("/x").position(5));
        after.task(100).command("app").fd(3, after.regular("/x").position(5));
        assertTrue(difference().isEmpty());
        assertTrue(DifferenceText.of(difference()).contains("\nno difference but in memory\n"));
    }

    @Test
    void an_offset_a_closed_and_a_new_descriptor() {
        before.task(100).command("app").fd(3, before.regular("/x").flags(OpenFlags.O_WRONLY).position(5)).fd(4, before.regular("/gone"));
        after.task(100).command("app").fd(3, after.regular("/x").flags(OpenFlags.O_WRONLY).position(9)).fd(10, after.regular("/new"));
        assertEquals(List.of(new Change("pid 100 fd 3", "file /x, write, offset 5", "file /x, write, offset 9"),
                new Change("pid 100 fd 4", "file /gone, read, offset 0", ""), new Change("pid 100 fd 10", "", "file /new, read, offset 0")),
                difference().descriptors());
        assertTrue(DifferenceText.of(difference()).contains("""
                descriptors
                  ~ pid 100 fd 3  file /x, write, offset 5
                                  file /x, write, offset 9
                  - pid 100 fd 4  file /gone, read, offset 0
                  + pid 100 fd 10  file /new, read, offset 0
                """), DifferenceText.of(difference()));
    }

    @Test
    void a_pipe_that_is_another_inode_after_a_restore_is_the_same() {
        before.task(100).fd(3, before.pipeReader(77)).fd(4, before.pipeWriter(77));
        after.task(100).fd(3, after.pipeReader(88)).fd(4, after.pipeWriter(88));
        assertEquals(List.of(), difference().descriptors());
    }

    @Test
    void descriptors_that_no_longer_share_an_offset_differ() {
        FileSpec shared = before.regular("/x");
        before.task(100).fd(3, shared).fd(4, shared);
        after.task(100).fd(3, after.regular("/x")).fd(4, after.regular("/x"));
        assertEquals("file /x, read, offset 0, same as fd 3", difference().descriptors().get(0).before());
        assertEquals("file /x, read, offset 0", difference().descriptors().get(0).after());
    }

    @Test
    void processes_files_and_memory() {
        before.task(100).command("app").maps(before.regular("/lib/a.so"));
        after.task(100).command("app").maps(after.regular("/lib/b.so"));
        after.task(101).command("new").session(100);
        Difference difference = difference();
        assertEquals(List.of("pid 101"), difference.processes().stream().map(Change::what).toList());
        assertEquals(List.of(new Change("/lib/a.so", "mapped", ""), new Change("/lib/b.so", "", "mapped")), difference.files());
        assertEquals(List.of(new Change("pid 100 app", "1048576", "3145728")), difference.memory().processes());
        assertTrue(DifferenceText.of(difference).contains("  pid 100 app  1.0 MiB to 3.0 MiB (+2.0 MiB)\n"), DifferenceText.of(difference));
    }

    private Difference difference() {
        return Difference.of(inspect(before, 1), inspect(after, 3));
    }

    private static Inspection inspect(ImageBuilder image, long mebibytes) {
        ResolvedImage resolved = new ResolvedImage(Optional.of("/img"), "/img/000003", OptionalInt.of(3), false);
        return Inspector.inspect(resolved, image.snapshot(), Optional.empty(), Map.of(100, mebibytes << 20), "");
    }
}
