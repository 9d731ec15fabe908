package dev.thaw.fdbroker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class SourceOpenerTest {
    @TempDir
    Path directory;

    private SourceOpener opener;

    @BeforeEach
    void setUp() {
        opener = new SourceOpener(Duration.ofMillis(300), path("journal"), "shop", name -> FileCalls.open("/dev/zero", OpenFlags.O_RDONLY));
    }

    @Test
    void append_writes_behind_what_is_there() {
        FileCalls.writeFile(path("log"), "one\n".getBytes(UTF_8), 0600);
        try (OwnedFd fd = open("append:" + path("log"))) {
            FileCalls.writeFully(fd.number(), "two\n".getBytes(UTF_8));
            assertEquals("write", OpenFlags.access(FdCalls.getFlags(fd.number())));
            assertTrue(FdCalls.isCloseOnExec(fd.number()));
        }
        assertEquals("one\ntwo\n", content("log"));
    }

    @Test
    void file_replaces_what_is_there() {
        FileCalls.writeFile(path("log"), "one\n".getBytes(UTF_8), 0600);
        try (OwnedFd fd = open("file:" + path("log"))) {
            FileCalls.writeFully(fd.number(), "two\n".getBytes(UTF_8));
        }
        assertEquals("two\n", content("log"));
    }

    @Test
    void read_and_rw_have_their_access_mode() {
        FileCalls.writeFile(path("log"), new byte[0], 0600);
        try (OwnedFd read = open("read:" + path("log")); OwnedFd both = open("rw:" + path("log"))) {
            assertEquals("read", OpenFlags.access(FdCalls.getFlags(read.number())));
            assertEquals("read-write", OpenFlags.access(FdCalls.getFlags(both.number())));
        }
    }

    @Test
    void null_has_the_access_mode_that_is_wanted() {
        try (OwnedFd fd = opener.open(new Source.Null(), 1, OpenFlags.O_WRONLY)) {
            assertEquals("write", OpenFlags.access(FdCalls.getFlags(fd.number())));
            assertEquals("/dev/null", FileCalls.readlink("/proc/self/fd/" + fd.number()));
        }
    }

    @Test
    void broker_is_asked_for_the_name() {
        try (OwnedFd fd = open("broker:pipe:x")) {
            assertEquals("/dev/zero", FileCalls.readlink("/proc/self/fd/" + fd.number()));
        }
    }

    @Test
    void a_path_that_cannot_be_opened_is_said_with_the_reason() {
        SourceUnavailable e = assertThrows(SourceUnavailable.class, () -> open("read:" + path("absent")));
        assertEquals("read:" + path("absent") + " is not available", e.getMessage());
        assertTrue(e.why().contains("ENOENT (No such file or directory)"), e.why());
    }

    @Test
    void fd_is_another_number_for_the_same_open_file_description() {
        FileCalls.writeFile(path("log"), "0123456789".getBytes(UTF_8), 0600);
        try (OwnedFd ours = FileCalls.open(path("log"), OpenFlags.O_RDONLY)) {
            FdCalls.setCloseOnExec(ours.number(), false); // as one that the caller gave us
            try (OwnedFd copy = open("fd:" + ours.number())) {
                FileCalls.lseek(ours.number(), 7, FileCalls.SEEK_SET);
                assertEquals(7, FileCalls.lseek(copy.number(), 0, FileCalls.SEEK_CUR));
            }
        }
    }

    @Test
    void fd_does_not_take_what_thaw_opened_for_itself() {
        try (OwnedFd ours = FileCalls.open("/dev/zero", OpenFlags.O_RDONLY)) {
            SourceUnavailable e = assertThrows(SourceUnavailable.class, () -> open("fd:" + ours.number()));
            assertEquals("thaw was not started with a descriptor " + ours.number(), e.why());
        }
    }

    @Test
    void a_fifo_that_nobody_reads_is_given_up_after_the_limit() {
        FileCalls.mkfifo(path("fifo"), 0600);
        SourceUnavailable e = assertThrows(SourceUnavailable.class, () -> open("append:" + path("fifo")));
        assertTrue(e.why().contains("nobody opened its other end within 300 ms"), e.why());
    }

    @Test
    void a_fifo_that_opens_after_it_was_given_up_is_closed_again() {
        FileCalls.mkfifo(path("fifo"), 0600);
        assertThrows(SourceUnavailable.class, () -> open("append:" + path("fifo")));
        try (OwnedFd reader = FileCalls.open(path("fifo"), OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK)) {
            short happened = FdCalls.poll(new int[] {reader.number()}, FdCalls.POLLIN, 10_000)[0];
            assertEquals(FdCalls.POLLHUP, happened & FdCalls.POLLHUP);
        }
    }

    @Test
    void a_fifo_opens_when_somebody_has_the_other_end() {
        FileCalls.mkfifo(path("fifo"), 0600);
        try (OwnedFd reader = FileCalls.open(path("fifo"), OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
             OwnedFd writer = open("append:" + path("fifo"))) {
            FileCalls.writeFully(writer.number(), "x".getBytes(UTF_8));
            assertEquals(1, FileCalls.read(reader.number(), new byte[10], 0, 10));
        }
    }

    @Test
    void a_journal_stream_starts_with_the_seven_header_lines_and_cannot_be_read() {
        try (OwnedFd listener = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.bindUnix(listener.number(), path("journal"));
            SocketCalls.listen(listener.number(), 1);
            OwnedFd stream = open("journal");
            try (OwnedFd journal = SocketCalls.accept(listener.number())) {
                FileCalls.writeFully(stream.number(), "hello\n".getBytes(UTF_8));
                assertThrows(LinuxException.class, () -> SocketCalls.send(journal.number(), new byte[1], 0, 1));
                stream.close();
                String received = new String(FileCalls.readAll(journal.number()), UTF_8);
                assertEquals("shop\n\n6\n1\n0\n0\n0\nhello\n", received);
            }
        }
    }

    @Test
    void an_identifier_of_the_journal_stays_on_its_line() {
        assertEquals("a b\n\n6\n1\n0\n0\n0\n", JournalStream.header("a\nb"));
    }

    @Test
    void a_journal_that_is_not_there_is_said() {
        SourceUnavailable e = assertThrows(SourceUnavailable.class, () -> open("journal:shop"));
        assertEquals("journal:shop is not available", e.getMessage());
        assertTrue(e.tries().contains("append:PATH where no journal runs"));
    }

    private OwnedFd open(String source) {
        return opener.open(SourceParser.parse(source), 1, OpenFlags.O_WRONLY);
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private String content(String name) {
        return new String(FileCalls.readAll(path(name)), UTF_8);
    }
}
