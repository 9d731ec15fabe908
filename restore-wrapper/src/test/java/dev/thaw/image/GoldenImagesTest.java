package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileImage.Eventpoll;
import dev.thaw.image.FileImage.Eventpoll.Watched;
import dev.thaw.image.FileImage.Fifo;
import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.Memfd;
import dev.thaw.image.FileImage.Other;
import dev.thaw.image.FileImage.PipeEnd;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileImage.Tty;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.TaskImage.State;
import dev.thaw.image.TtyInfo.WindowSize;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.FieldSource;

/** What golden.c did is what the images say, whichever criu wrote them. */
@ParameterizedClass(name = "criu {0}")
@FieldSource("dev.thaw.image.GoldenImages#VERSIONS")
@DisplayNameGeneration(ReplaceUnderscores.class)
class GoldenImagesTest {

    private static final String APP = "/tmp/thaw-golden/app";
    private static final int LARGE = 0100000;

    private final String version;
    private final ImageSnapshot image;

    GoldenImagesTest(String version) {
        this.version = version;
        this.image = ImagesDirectory.read(GoldenImages.directory(version));
    }

    private <T> T at(int fd, Class<T> kind) {
        return kind.cast(image.file(image.descriptor(100, fd).orElseThrow()));
    }

    @Test
    void inventory_tells_of_the_dump() {
        assertEquals(2, image.inventory().imageVersion());
        assertEquals(36, image.inventory().runId().orElseThrow().length());
        assertFalse(image.inventory().tcpClose());
        assertEquals(image.root().ids(), image.inventory().rootIds(), "no namespace of its own");
    }

    @Test
    void the_tree_has_threads_a_sharer_a_zombie_and_a_bare_process() {
        assertEquals(List.of(100, 102, 103, 104), image.tasks().stream().map(TaskImage::pid).toList());
        assertEquals(List.of(100, 101, 102, 103, 104), image.processAndThreadIds());
        assertEquals(List.of("golden", "sharer", "golden", "bare"), image.tasks().stream().map(TaskImage::command).toList());
        assertTrue(image.root().isSessionLeader());
        assertEquals(100, image.task(104).orElseThrow().parentPid());
        assertEquals(100, image.task(104).orElseThrow().session());

        TaskImage zombie = image.task(103).orElseThrow();
        assertEquals(State.DEAD, zombie.state());
        assertEquals(OptionalInt.of(3 << 8), zombie.exitCode());
        assertEquals(List.of(103), zombie.threads());
        assertEquals(List.of(), image.descriptors(zombie));
        assertEquals(List.of(), image.descriptors(image.task(104).orElseThrow()), "it closed everything");
        assertTrue(image.task(105).isEmpty());
    }

    @Test
    void descriptors_are_those_of_both_processes_that_share_the_table() {
        assertEquals(image.descriptors(image.root()), image.descriptors(image.task(102).orElseThrow()));
        assertEquals(List.of(new DescriptorRef(100, 3), new DescriptorRef(102, 3)), image.references(at(3, RegularFile.class).id()));
        List<Integer> numbers = image.descriptors(image.root()).stream().map(DescriptorImage::fd).toList();
        assertEquals(numbers.stream().sorted().toList(), numbers);
        assertEquals(21, numbers.get(numbers.size() - 1));
        assertFalse(image.descriptor(100, 20).orElseThrow().closeOnExec());
        assertTrue(image.descriptor(100, 21).orElseThrow().closeOnExec());
    }

    @Test
    void regular_files_have_path_flags_offset_size_and_mode() {
        RegularFile log = at(2, RegularFile.class);
        assertEquals(APP + "/app.log", log.path());
        assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_APPEND | LARGE, log.flags());
        assertTrue(log.isAppend());
        assertFalse(log.isReadable());
        assertEquals(OptionalLong.empty(), log.size(), "criu does not compare the size of a log");

        RegularFile data = at(3, RegularFile.class);
        assertEquals(5, data.position());
        assertEquals(OptionalLong.of(10), data.size());
        assertEquals(OptionalInt.of(0100640), data.mode());
        assertEquals(List.of(new FileLockImage(2, 1, 100, 3, 0, 0)), image.locks());

        assertEquals("/dev/null", at(0, RegularFile.class).path());
        assertEquals(APP, at(18, RegularFile.class).path());
        assertEquals(KernelString.decode((APP + "/caf\u00e9").getBytes(StandardCharsets.ISO_8859_1)), at(21, RegularFile.class).path());
    }

    @Test
    void a_deleted_file_is_a_ghost() {
        RegularFile gone = at(17, RegularFile.class);
        assertEquals(APP + "/gone", gone.path());
        assertEquals(Optional.of(RemapImage.Kind.GHOST), gone.remap());
        assertEquals(List.of(new RemapImage(gone.id().id(), 1, RemapImage.Kind.GHOST)), image.remaps());
    }

    @Test
    void pipes_have_their_ends_and_what_was_not_read() {
        PipeEnd out = at(1, PipeEnd.class);
        assertTrue(out.isWriter());
        assertEquals(List.of(out), image.pipeEnds(out.pipeId()), "its reader was outside the tree");

        PipeEnd reader = at(4, PipeEnd.class);
        PipeEnd writer = at(5, PipeEnd.class);
        assertEquals(List.of(reader, writer), image.pipeEnds(reader.pipeId()));
        assertEquals(OpenFlags.O_NONBLOCK, reader.flags());
        assertEquals(new Owner(0, 0, 0, 1, 100), reader.owner());
        assertEquals(Owner.NONE, writer.owner());
        assertEquals(Set.of(reader.pipeId()), image.pipeData().keySet());
        assertArrayEquals("unread\n".getBytes(StandardCharsets.US_ASCII), image.pipeData().get(reader.pipeId()));

        Fifo fifo = at(14, Fifo.class);
        assertEquals(APP + "/fifo", fifo.file().path());
        assertEquals(OpenFlags.O_RDWR | LARGE, fifo.flags());
        assertArrayEquals("later".getBytes(StandardCharsets.US_ASCII), image.fifoData().get(fifo.pipeId()));
    }

    @Test
    void a_memfd_is_open_and_mapped() {
        Memfd memfd = at(6, Memfd.class);
        MemfdInfo cache = image.memfd(memfd).orElseThrow();
        assertEquals("cache", cache.name());
        assertEquals(4096, cache.size());
        assertEquals(4, cache.seals(), "F_SEAL_GROW");
        int mapped = image.root().mappedMemfdIds().get(0);
        assertEquals(memfd.inodeId(), ((Memfd) image.file(new FileId(FdType.MEMFD, mapped)).orElseThrow()).inodeId());
    }

    @Test
    void unix_sockets_have_names_peers_and_queues() {
        UnixSocket one = at(9, UnixSocket.class);
        UnixSocket other = at(10, UnixSocket.class);
        assertTrue(one.isStream());
        assertFalse(one.isHalfClosed());
        assertEquals(Optional.of(other), image.peer(one));
        assertTrue(image.hasSocketQueues());
        assertEquals(Set.of(other.id().id()), image.queuedSocketIds());

        UnixSocket datagram = at(11, UnixSocket.class);
        assertTrue(datagram.isDatagram());
        assertEquals("dgram.sock", datagram.name());
        assertEquals(Optional.of(APP), datagram.directory());
        assertEquals(Optional.empty(), image.peer(datagram));
        UnixSocket listener = at(12, UnixSocket.class);
        assertTrue(listener.isListening());
        assertEquals(5, listener.backlog());
    }

    @Test
    void an_internet_socket_listens_where_criu_could_dump_it() {
        if (image.descriptor(100, 13).isEmpty()) {
            assertEquals("4.1.1", version);
            return;
        }
        InetSocket socket = at(13, InetSocket.class);
        assertTrue(socket.isListening());
        assertEquals("127.0.0.1", socket.sourceAddress());
        assertEquals(47113, socket.sourcePort());
        assertEquals("0.0.0.0", socket.destAddress());
        assertEquals(7, socket.backlog());
    }

    @Test
    void a_pty_has_both_ends_and_a_size() {
        TtyInfo master = image.tty(at(15, Tty.class)).orElseThrow();
        TtyInfo slave = image.tty(at(16, Tty.class)).orElseThrow();
        assertTrue(master.isPty());
        assertTrue(master.master());
        assertFalse(slave.master());
        assertEquals(master.index(), slave.index());
        assertEquals(Optional.of(new WindowSize(24, 80, 0, 0)), slave.windowSize());
        assertEquals(0x8800 + slave.index(), slave.rdev());
        String node = image.regularFile(at(16, Tty.class).regularFileId().orElseThrow()).orElseThrow().path();
        assertEquals("/dev/pts/" + slave.index(), node);
    }

    @Test
    void descriptors_that_criu_restores_alone_are_there_too() {
        assertEquals(List.of(4), at(7, Eventpoll.class).watched().stream().map(Watched::fd).toList());
        assertEquals(77, at(7, Eventpoll.class).watched().get(0).data());
        assertEquals("eventfd, counter 3", at(8, Other.class).summary());
        assertEquals(FdType.TIMERFD, at(19, Other.class).type());
        assertEquals(FdType.SIGNALFD, at(20, Other.class).type());
    }

    @Test
    void the_executable_and_the_directories_are_referred_to_by_path() {
        TaskImage root = image.root();
        RegularFile executable = image.regularFile(root.exeFileId().orElseThrow()).orElseThrow();
        assertEquals("/tmp/thaw-golden/golden", executable.path());
        assertEquals(40, executable.buildId().orElseThrow().length());
        assertEquals(List.of(100, 102, 104), image.pathReferences(executable.id()));
        assertEquals(List.of(), image.references(executable.id()), "no descriptor is");
        assertEquals(APP, image.regularFile(root.cwdFileId().orElseThrow()).orElseThrow().path());
        assertEquals("/", image.regularFile(root.rootFileId().orElseThrow()).orElseThrow().path());
        assertEquals(0, root.credentials().orElseThrow().euid());
        assertEquals(0, root.credentials().orElseThrow().seccompMode());
    }

    @Test
    void statistics_of_the_dump_are_read() {
        DumpStatistics statistics = DumpStatistics.read(GoldenImages.directory(version)).orElseThrow();
        assertTrue(statistics.frozenMicros() > 0);
        assertTrue(statistics.pagesWritten() > 0);
    }

    @Test
    void sizes_of_all_files_are_added_up() {
        long bytes = GoldenImages.files(version).values().stream().mapToLong(content -> content.length).sum();
        assertEquals(bytes, image.totalBytes());
        assertEquals(GoldenImages.files(version).keySet(), image.imageFiles());
    }
}
