package dev.thaw.living;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.FdExtras;
import dev.thaw.checkpoint.Mappings;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TaskImage;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.living.LivingTree.File;
import dev.thaw.living.LivingTree.Open;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Literal trees; LivingSnapshotIT compares living ones with criu's images. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class LivingSnapshotTest {
    private static final Map<String, String> NAMESPACES = Map.of("mnt", "mnt:[1]", "pid", "pid:[2]");

    private final Map<LivingTree.Place, Open> opened = new HashMap<>();
    private List<String> options = List.of();
    private boolean stopped;
    private String mountNamespace = "mnt:[1]";

    @Test
    void tasks_come_as_criu_writes_them_each_with_all_below_it_first() {
        stopped = true;
        ImageSnapshot image = of(process(100, 1, 'S'), process(101, 100, 'Z'), process(102, 100, 'S'), process(103, 100, 'S'), process(104, 102, 'S'));
        assertEquals(List.of(100, 101, 102, 104, 103), image.tasks().stream().map(TaskImage::pid).toList());
        assertEquals(List.of(0, 100, 100, 102, 100), image.tasks().stream().map(TaskImage::parentPid).toList());
        assertEquals(TaskImage.State.STOPPED, image.root().state());
        assertTrue(image.tasks().get(1).state().isEnded() && image.descriptors(image.tasks().get(1)).isEmpty());
        assertEquals(image.inventory().rootIds().pid(), image.root().ids().pid());
    }

    @Test
    void descriptors_of_one_description_are_one_entry_and_others_of_the_same_file_are_not() {
        ImageSnapshot image = of(process(100, 1, 'S', file(100, 3, 1, 0), file(100, 4, 2, 0)), process(101, 100, 'S', file(101, 7, 1, OpenFlags.O_CLOEXEC)));
        assertEquals(image.descriptor(100, 3).orElseThrow().file(), image.descriptor(101, 7).orElseThrow().file());
        assertNotEquals(image.descriptor(100, 3).orElseThrow().file(), image.descriptor(100, 4).orElseThrow().file());
        assertTrue(image.descriptor(101, 7).orElseThrow().closeOnExec() && !image.descriptor(100, 3).orElseThrow().closeOnExec());
        FileImage.RegularFile file = regular(image, 3);
        assertEquals(List.of("/x/file", 5L, OptionalLong.of(9), OpenFlags.O_WRONLY), List.of(file.path(), file.position(), file.size(), file.flags()));
        assertEquals(2, image.references(file.id()).size());
    }

    @Test
    void programs_and_directories_are_one_entry_for_all_processes_and_none_of_a_descriptor() {
        ImageSnapshot image = of(process(100, 1, 'S', file(100, 3, 1, 0)), process(101, 100, 'S'));
        assertEquals(image.root().exeFileId(), image.tasks().get(1).exeFileId());
        FileImage.RegularFile program = image.regularFile(image.root().exeFileId().getAsInt()).orElseThrow();
        assertEquals("/bin/app", program.path());
        assertEquals(List.of(100, 101), image.pathReferences(program.id()));
        assertTrue(image.references(program.id()).isEmpty());
    }

    @Test
    void a_deleted_file_is_in_the_image_and_an_external_one_has_no_path() {
        options = List.of("--file-locks", "--external", "file[1:8]");
        ImageSnapshot image = of(process(100, 1, 'S', deleted(3, 7, 0), deleted(4, 9, 1), file(100, 5, 6, 0)));
        assertEquals(Optional.of(RemapImage.Kind.GHOST), regular(image, 3).remap());
        assertEquals(Optional.of(RemapImage.Kind.LINKED), regular(image, 4).remap());
        assertEquals("/x/gone", regular(image, 3).path());
        assertTrue(regular(image, 5).external());
        assertEquals("file[1:8]", regular(image, 5).path());
    }

    @Test
    void a_peer_outside_has_an_entry_that_stands_for_it_and_one_inside_is_itself() {
        ImageSnapshot image = of(process(100, 1, 'S', socket(3, 31, 32, 0), socket(4, 32, 31, 0), socket(5, 33, 99, 4)));
        assertEquals(List.of(31L, 32L, 33L, 99L), image.files().values().stream().filter(FileImage.UnixSocket.class::isInstance)
                .map(one -> ((FileImage.UnixSocket) one).inode()).sorted().toList());
        assertTrue(image.unixSocket(99).orElseThrow().isExternPlaceholder());
        assertFalse(image.unixSocket(32).orElseThrow().isExternPlaceholder());
        assertEquals(Set.of(5), image.queuedSocketIds(), "the number of the description is that of the descriptor");
    }

    @Test
    void a_terminal_is_known_by_its_index_and_the_session_that_it_controls() {
        ImageSnapshot image = of(process(100, 1, 'S', terminal(3, 1047)));
        TtyInfo info = image.ttys().values().iterator().next();
        assertEquals(List.of(TtyInfo.PTY, 1047, 100, 2094), List.of(info.type(), info.index(), info.session(), info.id()));
        options = List.of("--external", "tty[" + Long.toHexString(info.rdev()) + ":8]");
        assertTrue(of(process(100, 1, 'S', terminal(3, 1047))).ttys().values().iterator().next().isExternal());
    }

    @Test
    void mounts_are_those_of_a_namespace_of_its_own_only() {
        assertTrue(of(process(100, 1, 'S')).mounts().isEmpty());
        mountNamespace = "mnt:[7]";
        assertEquals(1, of(process(100, 1, 'S')).mounts().size());
    }

    private static FileImage.RegularFile regular(ImageSnapshot image, int fd) {
        return (FileImage.RegularFile) image.file(image.descriptor(100, fd).orElseThrow());
    }

    private ImageSnapshot of(ScannedProcess... processes) {
        MountInfo mount = new MountInfo(1, 0, 0, 1, "/", "/", "rw", "ext4", "/dev/x", "rw");
        TreeScan scan = new TreeScan(List.of(processes), new TreeScan.Dumper(List.of(9), 0, 0, 0, 0, NAMESPACES), List.of(), Map.of(), Set.of(), List.of(mount), List.of());
        Map<Integer, LivingTree.Process> living = new HashMap<>();
        for (ScannedProcess process : processes) {
            if (!process.isZombie()) {
                File program = new File("/bin/app", Optional.of(status(FileStatus.S_IFREG | 0755, 1, 1)), false, false, Optional.empty());
                File root = new File("/", Optional.of(status(FileStatus.S_IFDIR | 0755, 2, 1)), false, false, Optional.empty());
                living.put(process.pid(), new LivingTree.Process(process.pid(), stopped, program, root, root, List.of(program)));
            }
        }
        return LivingSnapshot.of(new LivingTree(scan, options, living, opened, true, Map.of()));
    }

    private ScannedProcess process(int pid, int parent, char state, ScannedDescriptor... descriptors) {
        int controlling = 0;
        for (ScannedDescriptor one : descriptors) {
            if (one.kind().equals("tty")) {
                controlling = FileStatus.minor(one.specialDevice()) & 0xff | FileStatus.major(one.specialDevice()) << 8 | (FileStatus.minor(one.specialDevice()) & ~0xff) << 12;
            }
        }
        return new ScannedProcess(pid, parent, 100, 100, "app", List.of(), state, List.of(pid), List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), 0, controlling, 1,
                Map.of("mnt", mountNamespace, "pid", "pid:[2]"), List.of(descriptors), Mappings.NONE);
    }

    private ScannedDescriptor file(int pid, int fd, int description, int flags) {
        FileStatus status = status(FileStatus.S_IFREG | 0640, 8, 1);
        return descriptor(pid, fd, description, "file", "/x/file", OpenFlags.O_WRONLY | flags, status, ScannedDescriptor.Place.THERE, Optional.empty());
    }

    private ScannedDescriptor deleted(int fd, long inode, long links) {
        return descriptor(100, fd, fd, "file", "/x/gone (deleted)", OpenFlags.O_RDWR, status(FileStatus.S_IFREG | 0640, inode, links), ScannedDescriptor.Place.DELETED,
                Optional.empty());
    }

    private ScannedDescriptor terminal(int fd, int index) {
        FileStatus status = new FileStatus(8, FileStatus.device(136 + (index >> 8), index & 0xff), 3, FileStatus.S_IFCHR | 0620, 0, 0, 0, 0, 1, 1);
        return descriptor(100, fd, fd, "tty", "/dev/pts/" + index, OpenFlags.O_RDWR, status, ScannedDescriptor.Place.THERE, Optional.empty());
    }

    /** @param unread bytes that its peer has written */
    private ScannedDescriptor socket(int fd, long inode, long peer, long unread) {
        UnixSocket unix = new UnixSocket(inode, 1, 1, OptionalLong.of(peer), "", List.of());
        UnixSocket other = new UnixSocket(peer, 1, 1, OptionalLong.of(inode), "", List.of(), unread);
        return descriptor(100, fd, fd, "socket", "socket:[" + inode + "]", OpenFlags.O_RDWR, status(FileStatus.S_IFSOCK | 0777, inode, 1), ScannedDescriptor.Place.NO_PATH,
                Optional.of(new ScannedDescriptor.Socket("UNIX", Optional.of(unix), Optional.of(other), Optional.empty())));
    }

    private ScannedDescriptor descriptor(int pid, int fd, int description, String kind, String link, int flags, FileStatus status, ScannedDescriptor.Place place,
            Optional<ScannedDescriptor.Socket> socket) {
        opened.put(new LivingTree.Place(pid, fd), new Open(description, flags, status, List.of()));
        String key = DescriptorDescription.keyOf(kind, link, status);
        return new ScannedDescriptor(new DescriptorDescription(fd, kind, link, key, OpenFlags.access(flags), flags & ~OpenFlags.O_CLOEXEC, status.device(), status.inode(), 1, 5),
                status.specialDevice(), status.size(), status.links(), place, FdExtras.NONE, socket);
    }

    private static FileStatus status(int mode, long inode, long links) {
        return new FileStatus(8, 0, inode, mode, 9, 0, 0, 0, links, 1);
    }
}
