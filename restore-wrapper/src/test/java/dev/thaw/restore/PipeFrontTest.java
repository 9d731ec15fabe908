package dev.thaw.restore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.UnreadBytes;
import dev.thaw.report.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PipeFrontTest {

    @Test
    void bytes_are_put_before_those_that_are_there() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC); OwnedFd both = both(pipe)) {
            FileCalls.writeFully(pipe.writer().number(), "new".getBytes(US_ASCII));
            PipeFront.put(both.number(), "old ".getBytes(US_ASCII));
            assertArrayEquals("old new".getBytes(US_ASCII), UnreadBytes.of("/proc/self/fd/" + both.number()));
        }
    }

    @Test
    void a_full_pipe_gets_more_room() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC); OwnedFd both = both(pipe)) {
            FileCalls.writeFully(pipe.writer().number(), new byte[FdCalls.getPipeSize(both.number())]);
            PipeFront.put(both.number(), "old".getBytes(US_ASCII));
            byte[] there = UnreadBytes.of("/proc/self/fd/" + both.number());
            assertEquals((1 << 16) + 3, there.length);
            assertEquals('o', there[0]);
        }
    }

    /** A thread writes 0, 1, 2, ... without a pause, and waits only when the pipe is full. */
    @RepeatedTest(100)
    void whoever_writes_meanwhile_neither_comes_before_them_nor_loses_a_byte() throws InterruptedException {
        byte[] old = "what was unread".getBytes(US_ASCII);
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC); OwnedFd both = both(pipe)) {
            AtomicBoolean enough = new AtomicBoolean();
            AtomicBoolean ended = new AtomicBoolean();
            Thread writer = new Thread(() -> {
                for (int next = 0; !enough.get(); next++) {
                    FileCalls.writeFully(pipe.writer().number(), ByteBuffer.allocate(4).putInt(next).array());
                }
                ended.set(true);
            });
            writer.start();
            PipeFront.put(both.number(), old);
            enough.set(true);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (!ended.get() || FdCalls.bytesAvailable(both.number()) > 0) {
                byte[] chunk = new byte[FdCalls.bytesAvailable(both.number())];
                if (chunk.length > 0) {
                    int count = FileCalls.read(both.number(), chunk, 0, chunk.length);
                    all.write(chunk, 0, count);
                }
            }
            writer.join();
            ByteBuffer bytes = ByteBuffer.wrap(all.toByteArray());
            byte[] first = new byte[old.length];
            bytes.get(first);
            assertArrayEquals(old, first);
            for (int number = 0; bytes.remaining() >= 4; number++) {
                assertEquals(number, bytes.getInt());
            }
            assertEquals(0, bytes.remaining());
        }
    }

    @Test
    void why_they_are_not_put_there_is_said_with_what_helps() {
        Failure full = Replay.failure("pipe:[7]", 3, new LinuxException("fcntl(5, F_SETPIPE_SZ, 9)", new Errno(Errno.EPERM)));
        assertEquals("3 unread bytes of pipe:[7] do not fit into the new pipe", full.what());
        assertEquals(List.of("hand over a pipe with room: see /proc/sys/fs/pipe-max-size"), full.tries());
        Failure busy = Replay.failure("pipe:[7]", 3, new LinuxException("write(pipe), with others writing all the time", new Errno(Errno.EBUSY)));
        assertEquals("3 unread bytes of pipe:[7] cannot be put before those of its other writers", busy.what());
        assertEquals(List.of("again when they write less, or start them after the restore"), busy.tries());
    }

    private static OwnedFd both(FdCalls.Pipe pipe) {
        return FileCalls.open("/proc/self/fd/" + pipe.reader().number(), OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK);
    }
}
