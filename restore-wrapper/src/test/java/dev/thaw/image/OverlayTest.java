package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.image.FileEdits.Added;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.linux.OpenFlags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class OverlayTest {

    private final Map<String, byte[]> golden = new LinkedHashMap<>(GoldenImages.files("4.2.1"));
    private final ImageSnapshot before = read();

    private ImageSnapshot read() {
        return ImagesDirectory.decode(new MemoryFiles("images", golden));
    }

    private FileId at(int fd) {
        return before.descriptor(100, fd).orElseThrow().file();
    }

    private void edit(FileEdits edits) {
        golden.put("files.img", Overlay.rewriteFiles(golden.get("files.img"), edits));
    }

    private void edit(TableEdits edits) {
        golden.put("fdinfo-2.img", Overlay.rewriteFdinfo("fdinfo-2.img", golden.get("fdinfo-2.img"), edits));
    }

    @ParameterizedTest
    @FieldSource("dev.thaw.image.GoldenImages#VERSIONS")
    void no_edit_gives_the_same_bytes(String version) {
        Map<String, byte[]> files = GoldenImages.files(version);
        assertArrayEquals(files.get("files.img"), Overlay.rewriteFiles(files.get("files.img"), FileEdits.NONE));
        assertArrayEquals(files.get("fdinfo-2.img"), Overlay.rewriteFdinfo("fdinfo-2.img", files.get("fdinfo-2.img"), TableEdits.NONE));
        assertArrayEquals(files.get("tty-info.img"), Overlay.rewriteTtyInfo(files.get("tty-info.img"), Set.of()));
    }

    @Test
    void a_descriptor_is_given_a_file_of_its_own() {
        Added added = new Added(before.largestFileId() + 1, OpenFlags.O_WRONLY | OpenFlags.O_APPEND, "/hatch/100.1");
        assertEquals("hatch/100.1", added.key());
        edit(new FileEdits(List.of(added), Set.of(), Set.of()));
        edit(new TableEdits(Map.of(1, added.fileId()), Map.of()));

        ImageSnapshot after = read();
        assertEquals(
            new RegularFile(added.fileId(), OpenFlags.O_WRONLY | OpenFlags.O_APPEND, 0, Owner.NONE, "/hatch/100.1", -1,
                OptionalLong.empty(), false, OptionalInt.empty(), Optional.empty(), Optional.empty()),
            after.file(after.descriptor(100, 1).orElseThrow()));
        assertEquals(List.of(new DescriptorRef(100, 1), new DescriptorRef(102, 1)), after.references(added.fileId()));
        assertEquals(List.of(), after.references(at(1)), "nothing refers to the pipe");
        for (int fd = 2; fd <= 21; fd++) {
            assertEquals(before.descriptor(100, fd), after.descriptor(100, fd));
        }
    }

    @Test
    void a_retargeted_descriptor_stays_closed_on_exec() {
        edit(new TableEdits(Map.of(21, at(0)), Map.of()));
        assertEquals(new DescriptorImage(21, at(0), true), read().descriptor(100, 21).orElseThrow());
    }

    @Test
    void added_descriptors_come_in_ascending_order_in_the_file_itself() {
        FileId file = new FileId(FdType.REGULAR, 1);
        byte[] withGap = GoldenImages.files("4.1.1").get("fdinfo-2.img");
        byte[] table = Overlay.rewriteFdinfo("fdinfo-2.img", withGap, new TableEdits(Map.of(14, file), Map.of(
            13, new DescriptorImage(13, file, false), 50, new DescriptorImage(50, file, true), 22, new DescriptorImage(22, file, false))));
        ImageFrames frames = new ImageFrames("fdinfo-2.img", table, ImageMagic.FDINFO);
        List<Integer> numbers = new ArrayList<>();
        DescriptorImage last = null;
        while (frames.hasNext()) {
            last = TableReader.descriptor(frames, frames.next());
            numbers.add(last.fd());
        }
        assertEquals(IntStream.concat(IntStream.rangeClosed(0, 22), IntStream.of(50)).boxed().toList(), numbers);
        assertEquals(new DescriptorImage(50, file, true), last);
    }

    @Test
    void a_descriptor_is_added_to_an_empty_table() {
        TableEdits edits = new TableEdits(Map.of(), Map.of(1, new DescriptorImage(1, at(2), false)));
        byte[] table = Overlay.rewriteFdinfo("fdinfo-3.img", Overlay.emptyFdinfo(), edits);
        ImageFrames frames = new ImageFrames("fdinfo-3.img", table, ImageMagic.FDINFO);
        assertEquals(new DescriptorImage(1, at(2), false), TableReader.descriptor(frames, frames.next()));
        assertFalse(frames.hasNext());
    }

    @Test
    void a_socket_marked_for_a_callback_keeps_every_field_that_thaw_does_not_know() {
        FileId socket = at(11);
        byte[] original = golden.get("files.img");
        edit(new FileEdits(List.of(), Set.of(), Set.of(socket)));
        UnixSocket was = (UnixSocket) before.file(socket).orElseThrow();
        UnixSocket is = (UnixSocket) read().file(socket).orElseThrow();
        assertEquals(was.uflags() | 4, is.uflags());
        assertEquals(was.name(), is.name());
        assertEquals(original.length, golden.get("files.img").length, "opts, permissions and what else criu wrote are still there");

        FileEntry wasEntry = entry(original, socket);
        FileEntry isEntry = entry(golden.get("files.img"), socket);
        assertEquals(wasEntry.getUsk(), isEntry.getUsk().toBuilder().setUflags(was.uflags()).build());
    }

    private static FileEntry entry(byte[] filesImg, FileId id) {
        ImageFrames frames = new ImageFrames("files.img", filesImg, ImageMagic.FILES);
        while (true) {
            FileEntry entry = frames.decode(frames.next(), FileEntry.parser());
            if (entry.getId() == id.id() && entry.getType() == id.type().number()) {
                return entry;
            }
        }
    }

    @Test
    void an_entry_and_its_terminal_are_dropped() {
        FileImage.Tty slave = (FileImage.Tty) before.file(at(16)).orElseThrow();
        edit(new TableEdits(Map.of(16, at(0)), Map.of()));
        edit(new FileEdits(List.of(), Set.of(slave.id()), Set.of()));
        golden.put("tty-info.img", Overlay.rewriteTtyInfo(golden.get("tty-info.img"), Set.of(slave.infoId())));
        ImageSnapshot after = read();
        assertEquals(Optional.empty(), after.file(slave.id()));
        assertEquals(Set.of(1), after.ttys().keySet(), "the master");
    }

    @Test
    void a_remap_is_dropped_and_the_others_stay() {
        byte[] original = golden.get("remap-fpath.img");
        int ghost = before.remaps().get(0).fileId();
        assertArrayEquals(original, Overlay.rewriteRemaps(original, Set.of()));
        golden.put("remap-fpath.img", Overlay.rewriteRemaps(original, Set.of(ghost)));
        assertEquals(before.remaps().subList(1, before.remaps().size()), read().remaps());
        assertThrows(ImageException.class, () -> Overlay.rewriteRemaps(original, Set.of(4711)));
    }

    @Test
    void the_bytes_of_other_entries_are_not_touched() {
        byte[] original = golden.get("files.img");
        Added added = new Added(1000, 0, "/x");
        byte[] rewritten = Overlay.rewriteFiles(original, new FileEdits(List.of(added), Set.of(), Set.of()));
        assertArrayEquals(original, Arrays.copyOf(rewritten, original.length));
    }

    @Test
    void an_edit_of_what_is_not_there_means_that_the_image_has_changed() {
        FileId absent = new FileId(FdType.PIPE, 999);
        assertEquals("files.img: PIPE 999 is not there",
            assertThrows(ImageException.class, () -> edit(new FileEdits(List.of(), Set.of(absent), Set.of()))).getMessage());
        assertEquals("files.img: REGULAR 1 is there already",
            assertThrows(ImageException.class, () -> edit(new FileEdits(List.of(new Added(1, 0, "/x")), Set.of(), Set.of()))).getMessage());
        assertEquals("not a unix socket",
            assertThrows(ImageException.class, () -> edit(new FileEdits(List.of(), Set.of(), Set.of(at(1))))).reason());
        assertEquals("fdinfo-2.img: 77 is not there",
            assertThrows(ImageException.class, () -> edit(new TableEdits(Map.of(77, at(1)), Map.of()))).getMessage());
        DescriptorImage there = new DescriptorImage(3, at(1), false);
        assertEquals("fdinfo-2.img: descriptor 3 is there already",
            assertThrows(ImageException.class, () -> edit(new TableEdits(Map.of(), Map.of(3, there)))).getMessage());
        assertEquals("tty-info.img: 9 is not there",
            assertThrows(ImageException.class, () -> Overlay.rewriteTtyInfo(golden.get("tty-info.img"), Set.of(9))).getMessage());
    }

    @Test
    void an_edit_that_makes_no_sense_is_a_mistake_of_ours() {
        assertThrows(IllegalArgumentException.class, () -> new Added(5, 0, "relative"));
        assertThrows(IllegalArgumentException.class, () -> new TableEdits(Map.of(), Map.of(4, new DescriptorImage(5, at(1), false))));
    }
}
