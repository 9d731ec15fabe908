package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.CgroupImage.Controller;
import dev.thaw.image.FileImage.Fifo;
import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileImage.Tty;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.FileImage.Unknown;
import dev.thaw.image.ImageException.Kind;
import dev.thaw.image.TaskImage.State;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ImagesDirectoryTest {

    private final ImageBuilder image = new ImageBuilder();

    private FileImage only(FileSpec file) {
        image.task(100).fd(0, file);
        ImageSnapshot snapshot = image.snapshot();
        return snapshot.file(snapshot.descriptor(100, 0).orElseThrow());
    }

    private String failure() {
        return assertThrows(ImageException.class, image::snapshot).getMessage();
    }

    @Test
    void an_external_file_keeps_its_key() {
        RegularFile file = (RegularFile) only(image.regular("file[2b:25c82e]").external().mountId(7).position(-1));
        assertTrue(file.external());
        assertEquals("file[2b:25c82e]", file.path());
        assertEquals(7, file.mountId());
        assertEquals(RegularFile.NO_SEEK, file.position());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a b/\n", "/\udcff\udc80", "/\u20ac/\ud83d\ude00", ""})
    void a_path_survives_whatever_its_bytes_are(String path) {
        assertEquals(path, ((RegularFile) only(image.regular(path))).path());
    }

    @Test
    void unix_sockets_tell_what_they_are() {
        UnixSocket named = (UnixSocket) only(image.unix(4000000000L).listening().name("/run/x.sock"));
        assertEquals("/run/x.sock", named.name(), "without the NUL that ends it in the image");
        assertEquals(4000000000L, named.inode());
        assertTrue(named.isListening());
        assertFalse(named.isAbstract());

        UnixSocket hidden = (UnixSocket) image.decoded(image.unix(2).datagram().name("\0a\0b\0"));
        assertEquals("\0a\0b\0", hidden.name(), "of an abstract name each byte counts");
        assertTrue(hidden.isAbstract());
        assertTrue(hidden.isDatagram());
        assertFalse(hidden.isHalfClosed());

        assertTrue(((UnixSocket) image.decoded(image.unix(3))).isHalfClosed());
        UnixSocket placeholder = (UnixSocket) image.decoded(image.unix(5).externPlaceholder());
        assertTrue(placeholder.isExternPlaceholder());
        assertFalse(placeholder.isListening());
    }

    @Test
    void a_peer_is_found_by_its_inode_even_when_it_is_a_stand_in() {
        image.unix(11).externPlaceholder().name("/run/journal");
        UnixSocket socket = (UnixSocket) only(image.unix(10).peer(11));
        assertEquals("/run/journal", image.snapshot().peer(socket).orElseThrow().name());
        assertEquals(List.of(), image.snapshot().references(image.snapshot().peer(socket).orElseThrow().id()));
    }

    @Test
    void internet_sockets_have_readable_addresses() {
        InetSocket socket = (InetSocket) only(image.listener(77, 8080).source(0, 0, 0, 0x01000000));
        assertEquals("::1", socket.sourceAddress());
        assertEquals(8080, socket.sourcePort());
        assertTrue(socket.isListening());
        assertFalse(socket.isEstablished());
    }

    @Test
    void an_entry_of_an_unknown_kind_is_not_dropped() {
        Unknown file = (Unknown) only(image.other(99));
        assertEquals(99, file.rawType());
        assertEquals(new FileId(FdType.UNKNOWN, 1), file.id());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 11, 18})
    void a_known_kind_needs_its_part(int type) {
        image.task(100);
        image.other(type);
        assertEquals("files.img: corrupt at byte 8: " + FdType.of(type) + " 1 is without its " + FdType.of(type) + " part", failure());
    }

    @Test
    void an_external_terminal_has_no_node() {
        Tty tty = (Tty) only(image.externalTty(2026, 0x8803, 0x1a));
        TtyInfo info = image.snapshot().tty(tty).orElseThrow();
        assertTrue(info.isExternal());
        assertEquals(0x8803, info.rdev());
        assertEquals(0x1a, info.device());
        assertEquals(OptionalInt.empty(), tty.regularFileId());
    }

    @Test
    void a_fifo_has_the_flags_of_its_file() {
        Fifo fifo = (Fifo) only(image.fifo("/run/fifo", 12));
        assertEquals("/run/fifo", fifo.file().path());
        assertEquals(2, fifo.flags());
        image.fifoData(12, "abc");
        assertArrayEquals("abc".getBytes(StandardCharsets.US_ASCII), image.snapshot().fifoData().get(12L));
    }

    @Test
    void an_image_of_criu_3_17_differs_by_fields() {
        image.asOf317().cgroup(4, "", "/app").task(100).cgroupSet(4);
        ImageSnapshot snapshot = image.snapshot();
        assertEquals(Optional.empty(), snapshot.inventory().runId());
        assertEquals(List.of(new Controller("", "/app", 0)), snapshot.cgroups(snapshot.root()));
    }

    @Test
    void what_belongs_to_the_whole_tree_is_read() {
        FileSpec file = image.regular("/x");
        image.task(100).fd(3, file).cgroupSet(2);
        image.task(101).zombie(9).session(100);
        image.task(102).stopped().seccomp(2).uid(1000).thread(103);
        image.tcpClose().plugin("cuda").cgroup(2, "cpu,cpuacct", "/a").lock(100, 3).remap(file, 5, RemapImage.Kind.LINKED)
            .mount(6, 40, MountImage.FS_CGROUP2, "/sys/fs/cgroup", "").mount(6, 41, MountImage.FS_TMPFS, "/data", "cookie")
            .externalNetNamespace(2, "net-key");
        ImageSnapshot snapshot = image.snapshot();
        assertTrue(snapshot.inventory().tcpClose());
        assertEquals(List.of("cuda"), snapshot.inventory().plugins());
        assertEquals(State.STOPPED, snapshot.task(102).orElseThrow().state());
        assertEquals(2, snapshot.task(102).orElseThrow().credentials().orElseThrow().seccompMode());
        assertEquals(1000, snapshot.task(102).orElseThrow().credentials().orElseThrow().euid());
        assertEquals(List.of(100, 101, 102, 103), snapshot.processAndThreadIds());
        assertEquals(List.of(new Controller("cpu,cpuacct", "/a", 0)), snapshot.cgroups(snapshot.root()));
        assertEquals(List.of(), snapshot.cgroups(snapshot.task(102).orElseThrow()));
        assertEquals(List.of(new FileLockImage(2, 1, 100, 3, 0, 0)), snapshot.locks());
        assertEquals(Optional.of(RemapImage.Kind.LINKED), snapshot.regularFile(1).orElseThrow().remap());
        assertTrue(snapshot.mounts().get(0).isCgroup());
        assertEquals(Optional.of("cookie"), snapshot.mounts().get(1).externalKey());
        assertEquals(List.of(new NamespaceImage(NamespaceImage.Kind.MOUNT, 6, Optional.empty()),
            new NamespaceImage(NamespaceImage.Kind.NET, 2, Optional.of("net-key"))), snapshot.namespaces());
    }

    @Test
    void mappings_and_directories_are_references_by_path() {
        FileSpec executable = image.regular("/bin/app");
        FileSpec directory = image.regular("/");
        FileSpec memfd = image.memfd("cache", 1);
        image.task(100).executable(executable).maps(executable).maps(executable).maps(memfd).directories(directory, directory);
        image.task(101).executable(executable);
        ImageSnapshot snapshot = image.snapshot();
        assertEquals(List.of(executable.id().id()), snapshot.root().mappedFileIds());
        assertEquals(List.of(memfd.id().id()), snapshot.root().mappedMemfdIds());
        assertEquals(List.of(100, 101), snapshot.pathReferences(executable.id()));
        assertEquals(List.of(100), snapshot.pathReferences(directory.id()));
        assertEquals(List.of(100), snapshot.pathReferences(memfd.id()));
    }

    @Test
    void a_tree_has_one_root_and_parents_first() {
        image.task(100, 1);
        assertEquals("pstree.img: corrupt at byte 8: pid 100 comes before its parent, pid 1", failure());
        ImageBuilder second = new ImageBuilder();
        second.task(100);
        second.task(102, 101);
        assertEquals("pid 102 comes before its parent, pid 101", assertThrows(ImageException.class, second::snapshot).reason());
        ImageBuilder twice = new ImageBuilder();
        twice.task(100);
        twice.task(100);
        assertEquals("pid 100 is there twice", assertThrows(ImageException.class, twice::snapshot).reason());
        assertEquals("pstree.img: corrupt at byte 8: no process",
            assertThrows(ImageException.class, new ImageBuilder()::snapshot).getMessage());
        ImageBuilder negative = new ImageBuilder();
        negative.task(-5);
        assertEquals("4294967291 is no pid", assertThrows(ImageException.class, negative::snapshot).reason());
    }

    @Test
    void a_descriptor_refers_to_something() {
        FileSpec elsewhere = new ImageBuilder().regular("/x");
        image.task(100).fd(5, elsewhere);
        assertEquals("fdinfo-1.img: corrupt at byte 8: descriptor 5 refers to REGULAR 1, which is not in files.img", failure());
    }

    @Test
    void a_newer_image_version_is_refused_by_name() {
        image.imageVersion(3).task(100);
        ImageException e = assertThrows(ImageException.class, image::snapshot);
        assertEquals(Kind.UNSUPPORTED, e.kind());
        assertEquals("inventory.img: images of version 3; thaw reads version 2", e.getMessage());
    }

    @Test
    void a_directory_reads_as_the_same_files_in_memory_do(@TempDir Path directory) {
        FileSpec file = image.regular("/x");
        image.pipeData(9, "unread").task(100).fd(0, file).fd(1, image.pipeWriter(9));
        image.writeTo(directory.toString());
        ImageSnapshot read = ImagesDirectory.read(directory.toString());
        ImageSnapshot memory = image.snapshot();
        assertEquals(memory.tasks(), read.tasks());
        assertEquals(memory.files(), read.files());
        assertEquals(memory.tables(), read.tables());
        assertEquals(memory.totalBytes(), read.totalBytes());
        assertEquals(directory.toString(), read.directory());
    }

    @Test
    void what_is_no_directory_of_images_is_told(@TempDir Path directory) throws IOException {
        String missing = directory + "/missing";
        ImageException e = assertThrows(ImageException.class, () -> ImagesDirectory.read(missing));
        assertEquals(Kind.MISSING, e.kind());
        assertEquals(missing, e.file());
        assertEquals("inventory.img: not in " + directory,
            assertThrows(ImageException.class, () -> ImagesDirectory.read(directory.toString())).getMessage());
        Files.createDirectory(directory.resolve("inventory.img"));
        assertEquals("inventory.img: not a regular file",
            assertThrows(ImageException.class, () -> ImagesDirectory.read(directory.toString())).getMessage());
    }

    @Test
    void a_fifo_or_an_endless_device_in_place_of_an_image_does_not_stop_the_reader(@TempDir Path directory) {
        image.task(100);
        image.writeTo(directory.toString());
        FileCalls.unlink(directory + "/files.img");
        FileCalls.mkfifo(directory + "/files.img", 0600);
        assertEquals("files.img: not a regular file",
            assertThrows(ImageException.class, () -> ImagesDirectory.read(directory.toString())).getMessage());
        FileCalls.unlink(directory + "/files.img");
        FileCalls.symlink("/dev/zero", directory + "/files.img");
        assertEquals("files.img: not a regular file",
            assertThrows(ImageException.class, () -> ImagesDirectory.read(directory.toString())).getMessage());
        FileCalls.unlink(directory + "/files.img");
        assertEquals(List.of(), descriptorsBelow(directory), "nothing is left open");
    }

    @Test
    void a_file_of_more_than_a_gibibyte_is_not_read(@TempDir Path directory) throws IOException {
        image.task(100);
        image.writeTo(directory.toString());
        try (RandomAccessFile file = new RandomAccessFile(directory + "/files.img", "rw")) {
            file.setLength((1L << 30) + 1);
        }
        ImageException e = assertThrows(ImageException.class, () -> ImagesDirectory.read(directory.toString()));
        assertEquals(Kind.TOO_LARGE, e.kind());
        assertEquals("files.img: 1073741825 bytes, at most 1073741824 are read", e.getMessage());
    }

    private static List<String> descriptorsBelow(Path directory) {
        List<String> below = new ArrayList<>();
        for (String fd : FileCalls.list("/proc/self/fd")) {
            try {
                below.add(FileCalls.readlink("/proc/self/fd/" + fd));
            } catch (LinuxException e) {
                // Closed by another test since the list was made.
                assertTrue(e.is(Errno.ENOENT), e.getMessage());
            }
        }
        below.removeIf(target -> !target.startsWith(directory.toString()));
        return below;
    }

    @Test
    void the_index_answers_as_a_walk_through_all_descriptors_would() {
        FileSpec shared = image.regular("/shared");
        image.task(100).fd(7, shared).fd(3, shared);
        image.task(101).fd(1, shared);
        ImageSnapshot snapshot = image.snapshot();
        assertEquals(List.of(new DescriptorRef(100, 3), new DescriptorRef(100, 7), new DescriptorRef(101, 1)),
            snapshot.references(shared.id()));
        assertEquals(Map.of(shared.id(), snapshot.references(shared.id())), snapshot.openFiles());
        assertEquals(1, snapshot.largestFileId());
    }
}
