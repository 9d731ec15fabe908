package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/**
 * What criu tests of {@code --inherit-fd} itself: a child reads from many descriptors of one kind; after the dump each gets a new peer; the
 * child has the same set of numbers, reads what is written to the new peers, and exits with 42.
 */
@IntegrationTest
@RequiresCriu
class CriuScenariosIT {
    private static final int FIRST = 10;
    private static final int FIRST_OF_THAW = 50;

    /** One descriptor of the child and its other end. */
    private record Link(int theirs, int ours, List<AutoCloseable> owned) {}

    @Test
    void ten_pipes(Scratch scratch) throws Exception {
        scenario(scratch, 10, index -> {
            FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
            return new Link(pipe.reader().number(), pipe.writer().number(), List.of(pipe));
        }, Set.of(), "");
    }

    @Test
    void ten_terminals(Scratch scratch) throws Exception {
        scenario(scratch, 10, index -> {
            TestPty pty = new TestPty();
            return new Link(pty.slave(), pty.master(), List.of(pty));
        }, externals(10), "fcntl.ioctl(" + FIRST + ", termios.TIOCSCTTY, 0)");
    }

    @Test
    void two_socket_pairs(Scratch scratch) throws Exception {
        scenario(scratch, 2, index -> {
            TestSocketPair pair = TestSocketPair.stream();
            return new Link(pair.theirs(), pair.ours(), List.of(pair));
        }, externals(2), "");
    }

    @Test
    void ten_memfds(Scratch scratch) throws Exception {
        scenario(scratch, 10, index -> {
            OwnedFd memfd = FdCalls.memfdCreate("memfd-" + index, 0);
            OwnedFd again = FileCalls.open("/proc/self/fd/" + memfd.number(), OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
            return new Link(memfd.number(), again.number(), List.of(memfd, again));
        }, Set.of(), "");
    }

    @Test
    void fifo_on_a_file_system_that_is_unmounted(Scratch scratch) throws Exception {
        int[] made = {0};
        scenario(scratch, 1, index -> {
            String mount = scratch.directory("mount-" + ++made[0]);
            ProcessCalls.mount("tmpfs", mount, "tmpfs", 0, "");
            FileCalls.mkfifo(mount + "/fifo", 0600);
            OwnedFd both = FileCalls.open(mount + "/fifo", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
            OwnedFd reader = FileCalls.open(mount + "/fifo", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
            ProcessCalls.umount2(mount, 2); // detached: as unmounted as it can be while it is open
            return new Link(reader.number(), both.number(), List.of(both, reader));
        }, externals(1), "");
    }

    private static Set<Integer> externals(int count) {
        Set<Integer> numbers = new HashSet<>();
        for (int i = 0; i < count; i++) {
            numbers.add(FIRST + i);
        }
        return numbers;
    }

    private static void scenario(Scratch scratch, int count, IntFunction<Link> create, Set<Integer> externals, String prepare) throws Exception {
        List<Link> old = new ArrayList<>();
        List<Link> now = new ArrayList<>();
        Puppet.Builder start = Puppet.in(scratch).nullStreams();
        for (int i = 0; i < count; i++) {
            old.add(create.apply(i));
            start.descriptor(FIRST + i, old.get(i).theirs());
        }
        try (Puppet puppet = start.start()) {
            puppet.eval(prepare);
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                boolean isFile = externals.contains(FIRST + i) && isFifoWithName(old.get(i).theirs());
                keys.add(isFile ? puppet.fd(FIRST + i).external(puppet.pid()) : puppet.fd(FIRST + i).key());
            }
            Set<Integer> numbers = Thawing.links(puppet).keySet();
            String image = Thawing.dump(scratch, puppet, externals.stream().mapToInt(Integer::intValue).toArray());

            List<String> arguments = new ArrayList<>(List.of(image));
            ThawProcess.Builder with = ThawProcess.in(scratch);
            for (int i = 0; i < count; i++) {
                now.add(create.apply(i));
                with.descriptor(FIRST_OF_THAW + i, now.get(i).theirs());
                arguments.addAll(List.of("--map", keys.get(i).replaceFirst("^/", "") + "=fd:" + (FIRST_OF_THAW + i)));
            }
            try (ThawProcess thaw = Thawing.restore(puppet, with, arguments.toArray(String[]::new))) {
                assertEquals(numbers, Thawing.links(puppet).keySet());
                for (int i = 0; i < count; i++) {
                    FileStatus status = FileCalls.fstat(now.get(i).theirs());
                    assertEquals(status.inode(), puppet.fd(FIRST + i).inode());
                    Bytes.write(now.get(i).ours(), "message " + i + "\n");
                    assertEquals("message " + i + "\n", puppet.eval("read(" + (FIRST + i) + ")"));
                }
                Thawing.leave(puppet, thaw);
            }
        } finally {
            old.addAll(now);
            for (Link link : old) {
                for (AutoCloseable owned : link.owned()) {
                    owned.close();
                }
            }
        }
    }

    private static boolean isFifoWithName(int fd) {
        return FileCalls.fstat(fd).isFifo() && !FileCalls.readlink("/proc/self/fd/" + fd).startsWith("pipe:");
    }
}
