package dev.thaw.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.criu.CriuLog;
import dev.thaw.image.ImageBuilder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Lines as criu 4.2 has written them, with the numbers of the image. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ImageLogContextTest {
    private static final String END = "(00.048021) Error (criu/cr-restore.c:2536): Restoring FAILED.\n";

    private final ImageBuilder image = new ImageBuilder();

    @Test
    void a_path_is_told_with_each_descriptor_that_has_it() {
        image.task(4021).command("postgres").fd(5, image.regular("/var/log/app.log"));
        image.task(4022).command("worker").fd(7, image.regular("/var/log/app.log")).fd(8, image.regular("/var/log/other.log"));
        assertEquals(List.of("fd 5 of pid 4021 (postgres): /var/log/app.log", "fd 7 of pid 4022 (worker): /var/log/app.log"), concerned("""
                (00.042300)   4021: Error (criu/files-reg.c:2180): File var/log/app.log has bad size 5120 (expect 4096)
                (00.048000)   4021: Error (criu/files.c:1211): Unable to open fd=5 id=0xfff
                """));
    }

    @Test
    void the_lines_after_the_cause_name_its_descriptor() {
        image.task(4021).command("postgres").fd(5, image.pipeWriter(81734)).fd(6, image.pipeReader(81734));
        assertEquals(List.of("fd 5 of pid 4021 (postgres): pipe:[81734]"), concerned("""
                (00.042600)   4021: Error (criu/pipes.c:330): Unable to reopen the pipe /proc/self/fd/7: No such device or address
                (00.048000)   4021: Error (criu/files.c:1211): Unable to open fd=5 id=0xfff
                (00.048010) Error (criu/cr-restore.c:1490): 4021 exited, status=1
                """));
    }

    @Test
    void an_inode_is_told_whether_criu_writes_it_in_hexadecimal_or_not() {
        image.task(4021).command("redis").fd(5, image.unix(0x13f45));
        List<String> socket = List.of("fd 5 of pid 4021 (redis): socket:[81733] unix stream");
        assertEquals(socket, concerned("(00.051800) Error (criu/sk-unix.c:560): unix: Non-empty write queue on an in-flight socket 0x13f45\n"));
        assertEquals(socket, concerned("(00.051800) Error (criu/sk-unix.c:430): unix: Dangling connection 81733\n"));
    }

    @Test
    void a_process_of_which_only_the_number_is_known_is_named() {
        image.task(4021).command("redis").fd(5, image.regular("/x"));
        assertEquals(List.of("pid 4021 (redis)"), concerned("(00.041231) Error (criu/cr-restore.c:1502): Can't fork for 4021: File exists\n"));
    }

    @Test
    void descriptors_of_criu_itself_and_numbers_that_nobody_has_are_not_taken_for_the_applications() {
        image.task(7).command("app").fd(7, image.regular("/x")).fd(5, image.regular("/y"));
        assertEquals(List.of(), concerned("Error (criu/files.c:1560): Can't fstat inherit fd 7: Bad file descriptor\n"));
        assertEquals(List.of(), concerned("(00.051930) Error (criu/sockets.c:480): sockets: Can't get 1:16 opt: Operation not supported\n"));
        assertEquals(List.of(), concerned("(00.041231) Error (criu/cr-restore.c:1502): Can't fork for 4021: File exists\n"));
    }

    @Test
    void while_it_dumps_criu_has_named_the_process_before() {
        image.task(4021).command("app").fd(12, image.regular("/dev/nvidia0"));
        assertEquals(List.of("fd 12 of pid 4021 (app): /dev/nvidia0"), concerned("""
                (00.052399) Dumping opened files (pid: 4021)
                (00.052400) Error (criu/files-ext.c:96): Can't dump file 12 of that type [20666] (chr 195:255)
                (00.051500) Error (criu/cr-dump.c:1672): Dump files (pid: 4021) failed with -1
                """));
    }

    private List<String> concerned(String lines) {
        CriuLog log = CriuLog.parse(lines + END);
        return log.concerned(log.finding().orElseThrow(), ImageLogContext.of(image.snapshot(), Optional.empty()));
    }
}
