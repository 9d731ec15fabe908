package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What becomes of each kind, inside and outside of the tree, as a standard stream and as another descriptor. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class AutomaticDecisionsTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private FileSpec appended(String path) {
        return scenario.image.regular(path).flags(OpenFlags.O_WRONLY | OpenFlags.O_APPEND).mode(0100644);
    }

    @Nested
    class Files {
        @Test
        void an_unchanged_file_is_left() {
            root.fd(1, scenario.image.regular("/data/a").mode(0100644).size(10));
            scenario.here.file("/data/a", 10);
            assertEquals(List.of("1: unchanged"), scenario.left());
            assertEquals(List.of(), scenario.handovers());
        }

        @Test
        void a_log_that_grew_and_is_appended_to_is_left() {
            root.fd(5, appended("/var/log/app.log"));
            scenario.here.file("/var/log/app.log", 99);
            assertEquals(List.of("5: unchanged"), scenario.left());
        }

        @Test
        void a_changed_file_is_opened_again_where_the_application_stood() {
            root.fd(5, scenario.image.regular("/data/a").flags(OpenFlags.O_RDWR).mode(0100644).size(10).position(7));
            scenario.here.file("/data/a", 12);
            assertEquals(List.of("5 <- /data/a O_RDWR at 7 BY_KEY data/a"), scenario.handovers());
        }

        @Test
        void a_changed_mode_alone_is_reason_enough() {
            root.fd(5, scenario.image.regular("/data/a").mode(0100600).size(10));
            scenario.here.file("/data/a", 10);
            assertEquals(List.of("5 <- /data/a O_RDONLY BY_KEY data/a"), scenario.handovers());
            assertEquals("its mode was 0600 and is 0644; one open file description, one key", scenario.handover(0).because());
        }

        @Test
        void a_log_that_was_moved_away_is_created_anew() {
            root.fd(1, appended("/var/log/app.log").position(400));
            scenario.here.directory("/var/log");
            assertEquals(List.of("1 <- /var/log/app.log O_WRONLY|O_APPEND (created) BY_KEY var/log/app.log"), scenario.handovers());
        }

        @Test
        void a_missing_file_that_is_read_has_no_source() {
            root.fd(5, scenario.image.regular("/data/a").mode(0100644).size(10));
            scenario.here.directory("/data");
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): /data/a, read", "because: there is no such file any more",
                    "try: --map '/data/a=/other/path'", "try: --map fd:5=null"), scenario.problem());
        }

        @Test
        void a_missing_log_has_no_source_where_its_directory_is_missing_too() {
            root.fd(1, appended("/var/log/shop/app.log"));
            assertEquals(List.of("no source for fd 1 of pid 100 (shop): /var/log/shop/app.log, write"), scenario.whats());
        }

        @Test
        void something_of_another_type_takes_no_files_place() {
            root.fd(5, scenario.image.regular("/data/a").mode(0100644));
            scenario.here.directory("/data/a");
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): /data/a", "because: there is a directory now", "try: put the file back",
                    "try: --map '/data/a=/other/path'"), scenario.problem());
        }

        @Test
        void the_null_device_is_left_also_as_a_stream() {
            FileSpec nothing = scenario.image.regular("/dev/null").flags(OpenFlags.O_RDWR).mode(020666);
            root.fd(0, nothing).fd(1, nothing).fd(2, nothing);
            assertEquals(List.of("0: unchanged", "1: unchanged", "2: unchanged"), scenario.left());
        }

        @Test
        void a_deleted_file_is_in_the_image_even_when_another_has_its_name_now() {
            FileSpec ghost = scenario.image.regular("/data/a").mode(0100644).size(10);
            scenario.image.remap(ghost, 1, RemapImage.Kind.GHOST);
            root.fd(5, ghost);
            assertEquals(List.of("5: deleted before the dump; its content is in the image"), scenario.left());
            scenario.here.directory("/data/a");
            assertEquals(List.of("5: deleted before the dump; its content is in the image"), scenario.left());
        }

        @Test
        void a_deleted_file_with_another_name_can_be_restored_once() {
            FileSpec deleted = scenario.image.regular("/data/a").mode(0100644).size(10);
            FileSpec link = scenario.image.regular("/data/link_remap.7").mode(0100644).size(10);
            scenario.image.remap(deleted, link.id().id(), RemapImage.Kind.LINKED);
            root.fd(5, deleted);
            scenario.here.file("/data/link_remap.7", 10);
            assertEquals(List.of("5: deleted before the dump; CRIU kept it as /data/link_remap.7 for one restore"), scenario.left());
        }

        @Test
        void a_second_restore_of_such_a_file_is_refused() {
            FileSpec deleted = scenario.image.regular("/data/a").mode(0100644).size(10);
            FileSpec link = scenario.image.regular("/data/link_remap.7").mode(0100644).size(10);
            scenario.image.remap(deleted, link.id().id(), RemapImage.Kind.LINKED);
            root.fd(5, deleted);
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): /data/a",
                    "because: it was deleted before the dump and kept as /data/link_remap.7, which an earlier restore has used up",
                    "try: link the file to that name again", "try: --map fd:5=null, or another source"), scenario.problem());
        }

        @Test
        void files_of_a_mount_namespace_of_its_own_are_no_problem_beside_the_namespace() {
            scenario.image.mount(6, 30, 5, "/", "");
            root.fd(5, scenario.image.regular("/data/a").mode(0100644).size(10));
            assertEquals(List.of("the image has a mount namespace of its own, with 1 mounts"), scenario.whats());
        }

        @Test
        void a_proc_file_of_a_process_that_is_restored_too_is_not_there_yet() {
            root.thread(105).fd(5, scenario.image.regular("/proc/100/stat").mode(0100444)).fd(6, scenario.image.regular("/proc/105/fd").mode(0040500))
                    .directories(scenario.image.regular("/proc/101").mode(0040555), scenario.image.regular("/proc/100/root").mode(0040755));
            scenario.image.task(101);
            assertEquals(List.of("5: of a process that is restored too", "6: of a process that is restored too"), scenario.left());
        }

        @Test
        void a_proc_file_of_another_process_has_to_be_there() {
            root.fd(5, scenario.image.regular("/proc/1000/stat").mode(0100444)).fd(6, scenario.image.regular("/proc/meminfo").mode(0100444));
            scenario.here.exists("/proc/meminfo", 0100444, 0);
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): /proc/1000/stat, read"), scenario.whats());
        }

        @Test
        void an_external_file_needs_a_source_unless_it_is_a_stream() {
            root.fd(5, scenario.image.regular("file[2b:25c82e]").flags(OpenFlags.O_RDWR).external());
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): file[2b:25c82e]",
                    "because: it was declared external when it was dumped, so the image has no path",
                    "try: --map 'file[2b:25c82e]=rw:/path'"), scenario.problem());
        }

        @Test
        void an_external_stream_is_inherited() {
            root.fd(1, scenario.image.regular("file[2b:25c82e]").flags(OpenFlags.O_WRONLY).external());
            assertEquals(List.of("1 <- own stdout TARGETED"), scenario.handovers());
        }
    }

    @Nested
    class Sockets {
        @Test
        void a_journal_stream_is_inherited() {
            FileSpec journal = scenario.image.unix(10).peer(11).shutdown(1);
            scenario.image.unix(11).externPlaceholder().name("/run/systemd/journal/stdout");
            root.fd(1, journal).fd(2, journal);
            scenario.here.same(2, 1);
            assertEquals(List.of("1 2 <- own stdout BY_KEY socket:[10]"), scenario.handovers());
            assertEquals("its peer (/run/systemd/journal/stdout) was outside the dumped tree; own descriptor 1 is a pipe; "
                    + "one open file description, one key", scenario.handover(0).because());
        }

        @Test
        void a_datagram_socket_to_a_named_peer_is_connected_again_by_criu() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            scenario.here.socket("/dev/log");
            assertEquals(List.of("5: CRIU connects it to /dev/log again"), scenario.left());
        }

        @Test
        void a_datagram_socket_to_a_named_peer_has_no_source_when_the_name_is_gone() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            assertEquals("no source for fd 5 of pid 100 (shop): socket:[10], connected to /dev/log", scenario.problems().get(0).what());
        }

        @Test
        void a_datagram_socket_to_an_abstract_name_is_connected_again_by_criu() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("\0log");
            assertEquals(1, scenario.left().size());
        }

        @Test
        void a_datagram_stream_is_inherited_but_never_by_key() {
            root.fd(1, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            assertEquals(List.of("1 <- own stdout TARGETED"), scenario.handovers());
        }

        @Test
        void other_sockets_with_a_peer_outside_have_no_source() {
            root.fd(5, scenario.image.unix(10).peer(11)).fd(6, scenario.image.unix(20).datagram().peer(21)).fd(7, scenario.image.unix(30).seqpacket()
                    .peer(31));
            scenario.image.unix(11).externPlaceholder().name("/run/db.sock");
            scenario.image.unix(21).externPlaceholder();
            scenario.image.unix(31).externPlaceholder();
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): socket:[10]", "no source for fd 6 of pid 100 (shop): socket:[20]",
                    "no source for fd 7 of pid 100 (shop): socket:[30]"), scenario.whats());
            assertEquals(List.of("its peer (/run/db.sock) was outside the dumped tree"), scenario.problems().get(0).because());
        }

        @Test
        void sockets_without_an_outside_peer_are_left() {
            root.fd(3, scenario.image.unix(10).listening().name("/run/app.sock")).fd(4, scenario.image.unix(20)).fd(5, scenario.image.unix(30).peer(31))
                    .fd(6, scenario.image.unix(31).peer(30)).fd(7, scenario.image.unix(40).datagram().name("/run/dgram"))
                    .fd(8, scenario.image.listener(50, 8080));
            assertEquals(List.of("3: listens again under its name", "4: not connected", "5: both ends are in the tree",
                    "6: both ends are in the tree", "7: not connected", "8: CRIU keeps it in the image"), scenario.left());
        }
    }

    @Nested
    class TerminalsAndTheRest {
        @Test
        void a_terminal_from_outside_is_inherited() {
            FileSpec terminal = scenario.image.pty(3, false, 100);
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal);
            scenario.here.terminal(false);
            assertEquals(List.of("0 1 2 <- own stdin BY_KEY tty[8803:1a]"), scenario.handovers());
        }

        @Test
        void another_descriptor_of_that_terminal_follows_standard_output() {
            FileSpec terminal = scenario.image.pty(3, false, 100);
            root.fd(0, terminal).fd(1, terminal).fd(2, terminal).fd(255, scenario.image.pty(3, false, 100));
            scenario.here.nothing(0);
            assertEquals(List.of("0 <- own stdin TARGETED", "1 <- own stdout TARGETED", "2 <- own stderr TARGETED", "255 <- own stdout TARGETED"),
                    scenario.handovers());
        }

        @Test
        void a_terminal_elsewhere_has_no_source() {
            root.fd(5, scenario.image.pty(3, false));
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): tty[8803:1a]", "because: its terminal's other side was outside the dumped tree",
                    "try: --map 'tty[8803:1a]=append:/var/log/app.log', or --map fd:5=null"), scenario.problem());
        }

        @Test
        void a_terminal_of_the_applications_own_is_left() {
            root.fd(5, scenario.image.pty(3, true));
            scenario.image.task(101).fd(0, scenario.image.pty(3, false, 101));
            assertEquals(List.of("5: a terminal of the application's own", "101/0: its master is in the tree"), scenario.left());
        }

        @Test
        void a_memory_file_is_left_also_as_a_stream() {
            root.fd(1, scenario.image.memfd("cache", 1));
            assertEquals(List.of("1: its content is in the image"), scenario.left());
        }

        @Test
        void kinds_without_an_outside_are_left() {
            root.fd(3, scenario.image.eventfd(2)).fd(4, scenario.image.eventpoll(3)).fd(5, scenario.image.other(8));
            assertEquals(List.of("3: CRIU keeps it in the image", "4: CRIU keeps it in the image", "5: CRIU keeps it in the image"), scenario.left());
        }

        @Test
        void a_stream_that_the_caller_had_closed_is_named_as_such() {
            root.fd(1, scenario.image.pipeWriter(6));
            scenario.here.closed(1);
            assertEquals(List.of("1 <- own stdout REOPENED pipe:[6]"), scenario.handovers());
            assertEquals("its reader was outside the dumped tree and is gone; own descriptor 1 is a device (it was closed, so /dev/null); "
                    + "CRIU opens the pipe again for each end", scenario.handover(0).because());
        }

        @Test
        void a_stream_that_is_not_open_here_is_a_problem() {
            root.fd(1, scenario.image.pipeWriter(6));
            scenario.here.without(1);
            assertEquals(List.of("auto: thaw was started without descriptor 1", "because: it is to become fd 1 of pid 100 (shop)",
                    "try: start thaw with it open, e.g. `1</path` in a shell", "try: --map fd:1=null"), scenario.problem());
        }
    }
}
