package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.NothingLeft;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class ProcessTableTest {

    private static final int NOBODY = Integer.MAX_VALUE;

    @Test
    void a_tree_is_told_root_first_and_children_after_their_parent() {
        try (FdCalls.Pipe output = FdCalls.pipe2(0)) {
            int root = start(Map.of(1, output.writer().number()), "sh", "-c", "sh -c 'echo $$; exec sleep 60' & echo $$; wait");
            output.writer().close();
            String said = "";
            while (said.chars().filter(c -> c == '\n').count() < 2) {
                byte[] chunk = new byte[100];
                said += new String(chunk, 0, FileCalls.read(output.reader().number(), chunk, 0, chunk.length));
            }
            List<Integer> tree = ProcessTable.tree(root);
            assertEquals(root, tree.get(0));
            assertEquals(2, tree.size());
            assertEquals(List.of(tree.get(1)), ProcessTable.children(root));
            assertTrue(ProcessTable.pids().containsAll(tree));
            assertTrue(said.contains(tree.get(1) + "\n"), said);
            ProcessCalls.setChildSubreaper(true);
            ProcessCalls.kill(root, Signals.SIGKILL);
            ProcessCalls.waitPid(root, false);
            ProcessCalls.kill(tree.get(1), Signals.SIGKILL);
            ProcessCalls.waitPid(tree.get(1), false);
            ProcessCalls.setChildSubreaper(false);
            assertEquals(List.of(), ProcessTable.tree(root));
        }
    }

    @Test
    void arguments_are_told_byte_for_byte() {
        String odd = KernelString.decode(new byte[] {(byte) 0xff, '\n', ' '});
        try (Waiting child = new Waiting(Map.of(), "name", "", odd)) {
            assertEquals(List.of("sh", "-c", Waiting.SCRIPT, "name", "", odd), ProcessTable.arguments(child.pid));
            assertEquals(Optional.of("sh -c " + Waiting.SCRIPT + " name  " + odd), ProcessTable.commandLine(child.pid));
        }
    }

    @Test
    void a_title_that_a_program_gave_itself_is_one_argument() {
        assertEquals(List.of("server: idle"), ProcessTable.terminated("server: idle"));
        assertEquals(List.of("a", "", "b"), ProcessTable.terminated("a\0\0b\0"));
    }

    @Test
    void descriptors_are_listed_with_what_they_refer_to() {
        try (OwnedFd file = FdCalls.memfdCreate("x", 0);
             Waiting child = new Waiting(Map.of(5, file.number(), 12, file.number()))) {
            assertEquals(List.of(0, 1, 5, 12), ProcessTable.descriptors(child.pid));
            assertEquals("/memfd:x (deleted)", ProcessTable.link(child.pid, 12));
            assertEquals(FileCalls.fstat(file.number()), ProcessTable.status(child.pid, 12));
            assertTrue(assertThrows(LinuxException.class, () -> ProcessTable.link(child.pid, 4)).is(Errno.ENOENT));
        }
    }

    @Test
    void a_pipe_has_a_status_though_it_has_no_path() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_NONBLOCK)) {
            int us = ProcessCalls.getpid();
            assertTrue(ProcessTable.status(us, pipe.reader().number()).isFifo());
            assertEquals("pipe:[" + ProcessTable.status(us, pipe.reader().number()).inode() + "]",
                ProcessTable.link(us, pipe.writer().number()));
        }
    }

    @Test
    void a_zombie_has_a_status_but_neither_arguments_nor_descriptors() {
        int pid = start(Map.of(), "sh", "-c", "exit 23");
        try (OwnedFd pidfd = ProcessCalls.pidfdOpen(pid)) {
            FdCalls.poll(new int[] {pidfd.number()}, FdCalls.POLLIN, 10_000);
        }
        ProcessStat stat = ProcessStat.read(pid).orElseThrow();
        assertTrue(stat.isZombie());
        assertEquals(23 << 8, stat.rawExitStatus());
        assertEquals(Optional.empty(), ProcessTable.commandLine(pid));
        assertEquals(List.of(), ProcessTable.descriptors(pid));
        assertEquals(List.of(pid), ProcessTable.tree(pid));
        ProcessCalls.waitPid(pid, false);
    }

    @Test
    void a_process_that_is_gone_has_nothing() {
        assertEquals(List.of(), ProcessTable.arguments(NOBODY));
        assertEquals(List.of(), ProcessTable.descriptors(NOBODY));
        assertEquals(List.of(), ProcessTable.threads(NOBODY));
        assertEquals(List.of(), ProcessTable.tree(NOBODY));
    }

    @Test
    void threads_of_a_JVM_are_several() {
        assertFalse(ProcessTable.threads(ProcessCalls.getpid()).size() < 2);
    }

    private static int start(Map<Integer, Integer> descriptors, String... argv) {
        return PosixSpawn.spawn(new PosixSpawn.Request(argv[0], List.of(argv), ProcessCalls.environment(), new TreeMap<>(descriptors),
            PosixSpawn.Session.SAME, Optional.empty(), true, Set.of(), OptionalLong.empty()));
    }

    /**
     * A shell that has said that it runs, and does so until closed: a program that is still being started opens files and shows no
     * arguments.
     */
    private static final class Waiting implements AutoCloseable {

        static final String SCRIPT = "echo ready; read line";

        final int pid;
        private final FdCalls.Pipe input = FdCalls.pipe2(0);

        Waiting(Map<Integer, Integer> descriptors, String... arguments) {
            try (FdCalls.Pipe output = FdCalls.pipe2(0)) {
                Map<Integer, Integer> all = new TreeMap<>(descriptors);
                all.put(0, input.reader().number());
                all.put(1, output.writer().number());
                pid = start(all, Stream.concat(Stream.of("sh", "-c", SCRIPT), Stream.of(arguments)).toArray(String[]::new));
                FdCalls.poll(new int[] {output.reader().number()}, FdCalls.POLLIN, 30_000);
                assertEquals(6, FdCalls.bytesAvailable(output.reader().number()));
            }
        }

        @Override
        public void close() {
            input.close();
            assertTrue(ProcessCalls.waitPid(pid, Duration.ofSeconds(30)).isPresent());
        }
    }
}
