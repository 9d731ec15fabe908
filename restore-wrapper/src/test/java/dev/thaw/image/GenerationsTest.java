package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.image.ImageException.Kind;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class GenerationsTest {

    private static final int NOBODY = 65534;

    @TempDir
    private Path scratch;

    private String image;

    @BeforeEach
    void make_an_image_directory() {
        image = scratch + "/image";
        FileCalls.mkdir(image, 0700);
    }

    private String generation(int number, String... files) {
        String directory = image + "/" + Generations.directoryName(number);
        FileCalls.mkdir(directory, 0700);
        for (String file : files) {
            FileCalls.writeFile(directory + "/" + file, new byte[0], 0600);
        }
        return directory;
    }

    private String complete(int number) {
        return generation(number, "inventory.img", "manifest.json");
    }

    private void current(String target) {
        FileCalls.symlink(target, image + "/current");
    }

    private Kind refused(String path) {
        return assertThrows(ImageException.class, () -> Generations.resolve(path)).kind();
    }

    @Test
    void an_image_stands_for_its_current_generation() {
        complete(1);
        String second = complete(2);
        current("000002");
        ResolvedImage expected = new ResolvedImage(Optional.of(image), second, OptionalInt.of(2), true);
        assertEquals(expected, Generations.resolve(image));
        assertEquals(expected, Generations.resolve(image + "//./"));
        assertEquals(expected, Generations.resolve(image + "/current"));
    }

    @Test
    void one_generation_can_be_named() {
        String first = complete(1);
        complete(2);
        current("000002");
        assertEquals(new ResolvedImage(Optional.of(image), first, OptionalInt.of(1), true), Generations.resolve(first + "/"));
    }

    @Test
    void a_bare_images_directory_was_not_written_by_thaw() {
        FileCalls.writeFile(image + "/inventory.img", new byte[0], 0600);
        assertEquals(new ResolvedImage(Optional.empty(), image, OptionalInt.empty(), false), Generations.resolve(image));
    }

    @Test
    void the_older_one_is_complete_and_not_quarantined() {
        assertEquals(Optional.empty(), Generations.older(image));
        complete(1);
        current("000001");
        assertEquals(Optional.empty(), Generations.older(image));
        complete(2);
        generation(3, "inventory.img");
        String quarantined = complete(4);
        FileCalls.writeFile(Quarantine.path(quarantined), new byte[0], 0600);
        String newest = complete(5);
        complete(6);
        FileCalls.unlink(image + "/current");
        current("000005");
        for (String meant : List.of(image, image + "/", image + "/current", newest)) {
            assertEquals(Optional.of(2), Generations.older(meant).map(Generation::number), meant);
        }
        assertEquals(Optional.empty(), Generations.older(image + "/000001"));
        assertEquals(Optional.empty(), Generations.older(image + "/none"));
    }

    @Test
    void half_a_generation_is_not_restored_however_it_is_named() {
        String half = generation(1, "inventory.img");
        assertEquals(Kind.INCOMPLETE, refused(image), "no current yet");
        assertEquals(Kind.INCOMPLETE, refused(half));
        current("000001");
        ImageException e = assertThrows(ImageException.class, () -> Generations.resolve(image));
        assertEquals(Kind.INCOMPLETE, e.kind());
        assertEquals(half + ": a generation without manifest.json: the checkpoint did not end", e.getMessage());
        assertEquals(Kind.INCOMPLETE, refused(image + "/current"));
        assertEquals(Kind.INCOMPLETE, refused(generation(2, "manifest.json")));
    }

    @Test
    void nothing_there_is_missing() {
        assertEquals(Kind.MISSING, refused(image + "/none"));
        assertEquals(Kind.MISSING, refused(""));
        assertEquals(image + ": neither inventory.img nor current is in it",
            assertThrows(ImageException.class, () -> Generations.resolve(image)).getMessage());
        FileCalls.writeFile(image + "/file", new byte[0], 0600);
        assertEquals(Kind.CORRUPT, refused(image + "/file"));
        current("000009");
        assertEquals(Kind.MISSING, refused(image), "current points to nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tmp", "../other", "000001/x", "1", ".", "000001\n", "inventory"})
    void current_points_nowhere_but_to_a_generation_beside_it(String target) {
        complete(1);
        current(target);
        assertEquals(Kind.UNTRUSTED, refused(image));
        FileCalls.unlink(image + "/current");
    }

    @Test
    void current_is_a_link_and_the_generation_a_directory() {
        FileCalls.mkdir(image + "/current", 0700);
        assertEquals(Kind.CORRUPT, refused(image));
        FileCalls.rmdir(image + "/current");
        complete(2);
        FileCalls.symlink("000002", image + "/000001");
        current("000001");
        assertEquals(Kind.UNTRUSTED, refused(image));
    }

    @ParameterizedTest
    @ValueSource(ints = {0720, 0702, 0777, 01777})
    void a_directory_that_others_can_write_to_is_not_trusted(int mode) {
        String generation = complete(1);
        current("000001");
        FileCalls.chmod(image, mode);
        assertEquals(Kind.UNTRUSTED, refused(image));
        assertEquals(Kind.UNTRUSTED, refused(generation), "named directly, it lies in the same directory");
        FileCalls.chmod(image, 0755);
        FileCalls.chmod(generation, mode);
        assertEquals(Kind.UNTRUSTED, refused(image));
        assertEquals(Kind.UNTRUSTED, refused(generation));
        FileCalls.chmod(generation, 0755);
        assertTrue(Generations.resolve(image).writtenByThaw());
    }

    @Test
    void links_and_directories_of_somebody_else_are_refused() throws IOException, InterruptedException {
        assumeTrue(ProcessCalls.geteuid() == 0, "needs root to give files away");
        String generation = complete(1);
        current("000001");
        giveAway(image + "/current");
        ImageException e = assertThrows(ImageException.class, () -> Generations.resolve(image));
        assertEquals(Kind.UNTRUSTED, e.kind());
        assertEquals(image + "/current: belongs to uid 65534, not to uid 0 or root", e.getMessage());
        assertEquals(Kind.UNTRUSTED, refused(image + "/current"));

        FileCalls.unlink(image + "/current");
        current("000001");
        String alias = scratch + "/alias";
        FileCalls.symlink(image, alias);
        assertEquals(OptionalInt.of(1), Generations.resolve(alias).number());
        giveAway(alias);
        assertEquals(Kind.UNTRUSTED, refused(alias));

        giveAway(generation);
        assertEquals(Kind.UNTRUSTED, refused(image));
        assertEquals(Kind.UNTRUSTED, assertThrows(ImageException.class, () -> Generations.resolve(image, 1000)).kind());
    }

    @Test
    void what_root_wrote_is_trusted_by_others_and_what_they_wrote_by_themselves() throws IOException, InterruptedException {
        assumeTrue(ProcessCalls.geteuid() == 0, "needs root to give files away");
        String generation = complete(1);
        current("000001");
        assertTrue(Generations.resolve(image, NOBODY).writtenByThaw());
        for (String path : List.of(image, generation, image + "/current")) {
            giveAway(path);
        }
        assertTrue(Generations.resolve(image, NOBODY).writtenByThaw());
        assertEquals(Kind.UNTRUSTED, refused(image), "root does not restore what a user could have made");
    }

    private static void giveAway(String path) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("chown", "-h", Integer.toString(NOBODY), path).inheritIO().start().waitFor());
    }

    @Test
    void generations_are_listed_oldest_first_with_their_state() {
        String third = generation(3, "manifest.json", "quarantined");
        String first = complete(1);
        String second = generation(2);
        FileCalls.writeFile(image + "/000004", new byte[0], 0600);
        FileCalls.mkdir(image + "/tmp", 0700);
        assertEquals(
            List.of(new Generation(1, first, true, false), new Generation(2, second, false, false), new Generation(3, third, true, true)),
            Generations.list(image));
        assertEquals(5, Generations.next(image), "a file has taken number 4");
        assertEquals(Kind.MISSING, assertThrows(ImageException.class, () -> Generations.list(image + "/none")).kind());
    }

    @Test
    void the_first_generation_has_number_one() {
        assertEquals(List.of(), Generations.list(image));
        assertEquals(1, Generations.next(image));
    }

    @ParameterizedTest
    @CsvSource({"1, 000001", "999999, 999999", "1000000, 1000000"})
    void a_number_is_a_name_and_back(int number, String name) {
        assertEquals(name, Generations.directoryName(number));
        assertEquals(OptionalInt.of(number), Generations.number(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "00001", "0000001", "00000a", "-00001", "+00001", "9999999999",
        "\u0660\u0660\u0660\u0660\u0660\u0661"})
    void other_names_are_no_generations(String name) {
        assertFalse(Generations.number(name).isPresent());
    }
}
