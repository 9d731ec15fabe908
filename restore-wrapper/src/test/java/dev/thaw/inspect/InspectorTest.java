package dev.thaw.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.Manifest;
import dev.thaw.image.ResolvedImage;
import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class InspectorTest {
    private final ImageBuilder image = new ImageBuilder();

    @Test
    void a_file_shows_path_access_flags_and_offset() {
        image.task(100).command("app").fd(3, image.regular("/var/log/app.log").flags(OpenFlags.O_WRONLY | OpenFlags.O_APPEND).position(12));
        DescriptorView log = descriptor(3);
        assertEquals(List.of("file", "/var/log/app.log", "var/log/app.log", "write", "O_APPEND", 12L, ""),
                List.of(log.kind(), log.link(), log.key(), log.access(), log.flags(), log.offset(), log.otherEnd()));
    }

    @Test
    void the_ends_of_a_pipe_find_each_other_inside() {
        image.task(100).fd(1, image.pipeWriter(77));
        image.task(101).fd(0, image.pipeReader(77));
        assertEquals("fd 0 of pid 101", descriptor(1).otherEnd());
        assertEquals("pipe:[77]", descriptor(1).link());
        assertEquals("fd 1 of pid 100", inspect(Optional.empty()).processes().get(1).descriptors().get(0).otherEnd());
    }

    @Test
    void an_end_outside_has_the_name_that_the_manifest_remembers() {
        image.task(100).fd(1, image.pipeWriter(77));
        assertEquals("outside the image", descriptor(1).otherEnd());
        Manifest manifest = manifest(new Manifest.OtherEnd("pipe:[77]", 9, "cat", 0, "read"), new Manifest.OtherEnd("pipe:[77]", 8, "sh", 1, "write"));
        Inspection inspection = inspect(Optional.of(manifest));
        assertEquals("outside: pid 9 (cat)", inspection.processes().get(0).descriptors().get(0).otherEnd());
        assertEquals("2026-01-02T03:04:05Z", inspection.created());
    }

    @Test
    void sockets_show_with_whom_they_talk() {
        FileSpec left = image.unix(11).peer(12);
        FileSpec right = image.unix(12).peer(11);
        image.task(100).fd(3, left).fd(4, right).fd(5, image.listener(13, 8080));
        assertEquals("fd 4 of pid 100", descriptor(3).otherEnd());
        assertEquals("socket:[11] unix stream", descriptor(3).link());
        assertTrue(descriptor(5).otherEnd().matches("listens at .*:8080"), descriptor(5).otherEnd());
    }

    @Test
    void descriptors_that_share_a_description_have_its_number() {
        FileSpec shared = image.regular("/x");
        image.task(100).fd(3, shared).fd(4, shared).fd(5, image.regular("/x"));
        assertEquals(descriptor(3).description(), descriptor(4).description());
        assertTrue(descriptor(3).description() != descriptor(5).description());
    }

    @Test
    void the_text_is_a_table_for_each_process() {
        image.task(100).command("app").fd(0, image.regular("/dev/null")).fd(1, image.pipeWriter(77)).maps(image.regular("/lib/libc.so"))
                .executable(image.regular("/bin/app")).directories(image.regular("/work"), image.regular("/"));
        image.task(101).command("od\ndity").session(100).zombie(0);
        String text = InspectionText.of(inspect(Optional.empty()), 0);
        assertTrue(text.startsWith("/img/000003\n  2 processes; "), text);
        assertTrue(text.contains("""
                pid 100 app: root, session leader, 1 thread
                  runs /bin/app in /work
                  FD  KIND  WHAT       ACCESS  OFFSET  OTHER END
                  0   null  /dev/null  read    0
                  1   pipe  pipe:[77]  write           outside the image

                pid 101 od\\ndity: child of 100, dead,"""), text);
        assertTrue(text.contains("\nmapped and executed files\n"), text);
        assertTrue(text.contains("  /lib/libc.so\n"), text);
    }

    @Test
    void the_same_is_in_the_json() {
        image.task(100).command("app").fd(0, image.regular("/dev/null"));
        Inspection inspection = inspect(Optional.empty());
        assertEquals(inspection, KernelJson.read(KernelJson.pretty(inspection), Inspection.class));
    }

    @Test
    void what_is_asked_for_is_left() {
        image.task(100).fd(3, image.regular("/x")).fd(4, image.regular("/y"));
        image.task(101).session(100).fd(3, image.regular("/z"));
        Inspection all = inspect(Optional.empty());
        assertEquals(List.of(101), pids(new Narrowing(Set.of(101), List.of()).of(all)));
        assertEquals("--process 7 --descriptor 3 --descriptor 9/4",
                new Narrowing(Set.of(7), List.of(new Narrowing.Descriptor(0, 3), new Narrowing.Descriptor(9, 4))).text());
        assertEquals(List.of(100, 101), pids(new Narrowing(Set.of(), List.of(new Narrowing.Descriptor(0, 3))).of(all)));
        Inspection one = new Narrowing(Set.of(), List.of(new Narrowing.Descriptor(100, 4))).of(all);
        assertEquals(List.of(100), pids(one));
        assertEquals(List.of(4), one.processes().get(0).descriptors().stream().map(DescriptorView::fd).toList());
    }

    @Test
    void each_path_has_who_opens_and_who_maps_it() {
        image.task(100).fd(3, image.regular("/x")).fd(4, image.regular("/x").flags(OpenFlags.O_WRONLY)).fd(5, image.pipeReader(7)).maps(image.regular("/lib/c"));
        assertEquals("""
                  PATH    OPEN AS                  MAPPED BY
                  /lib/c                           100
                  /x      100/3 read, 100/4 write
                """, FilesText.of(inspect(Optional.empty()), 0));
    }

    private static List<Integer> pids(Inspection inspection) {
        return inspection.processes().stream().map(Inspection.ProcessView::pid).toList();
    }

    private DescriptorView descriptor(int fd) {
        return inspect(Optional.empty()).processes().get(0).descriptors().stream().filter(one -> one.fd() == fd).findFirst().orElseThrow();
    }

    private Inspection inspect(Optional<Manifest> manifest) {
        ResolvedImage resolved = new ResolvedImage(Optional.of("/img"), "/img/000003", OptionalInt.of(3), manifest.isPresent());
        return Inspector.inspect(resolved, image.snapshot(), manifest);
    }

    private static Manifest manifest(Manifest.OtherEnd... outside) {
        return new Manifest(1, "0.1.0", "4.2.1", "/criu", "2026-01-02T03:04:05Z", 100, List.of("app"), List.of(), "6.18", "amd64", "b", false,
                List.of(), List.of(outside), List.of(), List.of(), List.of(), 0, 0);
    }
}
