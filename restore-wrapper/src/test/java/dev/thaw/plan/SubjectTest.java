package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rules and messages see of a descriptor, and its inherit key. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class SubjectTest {
    private final ImageBuilder image = new ImageBuilder();
    private final TaskSpec root = image.task(100).command("shop");

    private Subject only() {
        return new PlanInput(image.snapshot()).subjects().get(0);
    }

    private Subject of(FileSpec file) {
        root.fd(5, file);
        return only();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # what,         kind,    path,               key,                link
            file,           file,    /data/a,            data/a,             /data/a
            directory,      file,    /data,              data,               /data
            root,           file,    /,                  .,                  /
            null,           device,  /dev/null,          dev/null,           /dev/null
            external,       file,    'file[2b:25c82e]',  'file[2b:25c82e]',  'file[2b:25c82e]'
            fifo,           fifo,    /run/f,             run/f,              /run/f
            pipe,           pipe,    -,                  'pipe:[81734]',     'pipe:[81734]'
            large pipe,     pipe,    -,                  'pipe:[4294967295]', 'pipe:[4294967295]'
            socket,         socket,  -,                  'socket:[10]',      'socket:[10]'
            terminal,       tty,     -,                  'tty[8803:1a]',     'tty[8803:1a]'
            memfd,          memfd,   -,                  /memfd:cache,       /memfd:cache
            listener,       socket,  -,                  -,                  inet socket
            eventfd,        other,   -,                  -,                  eventfd
            inotify,        other,   -,                  -,                  inotify
            """)
    void each_kind_has_its_word_path_key_and_text(String what, String kind, String path, String key, String link) {
        Subject subject = of(file(what));
        assertEquals(kind, subject.kind());
        assertEquals(Optional.ofNullable(path), subject.path());
        assertEquals(Optional.ofNullable(key), subject.key());
        assertEquals(link, subject.link());
    }

    private FileSpec file(String what) {
        return switch (what) {
            case "file" -> image.regular("/data/a").mode(0100644);
            case "directory" -> image.regular("/data").mode(0040755);
            case "root" -> image.regular("/").mode(0040755);
            case "null" -> image.regular("/dev/null").mode(020666);
            case "external" -> image.regular("file[2b:25c82e]").external();
            case "fifo" -> image.fifo("/run/f", 7);
            case "pipe" -> image.pipeReader(81734);
            case "large pipe" -> image.pipeReader(0xffff_ffffL);
            case "socket" -> image.unix(10);
            case "terminal" -> image.pty(3, false);
            case "memfd" -> image.memfd("cache", 1);
            case "listener" -> image.listener(10, 80);
            case "eventfd" -> image.eventfd(0);
            default -> image.other(8);
        };
    }

    @Test
    void messages_name_number_process_and_command() {
        assertEquals("fd 5 of pid 100 (shop)", of(image.pipeReader(1)).text());
        assertEquals("fd:5", only().mapKey());
    }

    @Test
    void a_shared_table_belongs_to_all_its_processes() {
        image.task(101).command("helper").sharingFilesOf(100);
        Subject subject = of(image.pipeReader(1));
        assertEquals(List.of(100, 101), subject.pids());
        assertEquals(List.of("shop", "helper"), subject.commands());
        assertEquals("fd 5 of pid 100 (table shared by 2 processes) (shop)", subject.text());
    }

    @Test
    void another_process_is_named_in_the_key() {
        image.task(101).fd(7, image.pipeReader(1));
        assertEquals("fd:101/7", only().mapKey());
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            0, 2, 0
            1, 2, 1
            2, 2, 1
            5, 2, 2
            0, 1, 1
            1, 0, 0
            """)
    void a_stream_that_is_open_for_both_is_used_in_its_own_direction(int fd, int recorded, int wanted) {
        root.fd(fd, image.regular("/x").flags(recorded | OpenFlags.O_APPEND));
        assertEquals(wanted, only().wantedAccess());
    }

    @Test
    void the_name_of_a_peer_outside_is_known() {
        image.unix(11).externPlaceholder().name("/run/systemd/journal/stdout");
        assertEquals(Optional.of("/run/systemd/journal/stdout"), of(image.unix(10).peer(11)).peer());
        root.fd(5, image.unix(12).peer(13));
        assertEquals(Optional.empty(), only().peer());
    }
}
