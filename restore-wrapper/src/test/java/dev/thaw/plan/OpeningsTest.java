package dev.thaw.plan;

import static dev.thaw.linux.OpenFlags.O_APPEND;
import static dev.thaw.linux.OpenFlags.O_ASYNC;
import static dev.thaw.linux.OpenFlags.O_DIRECTORY;
import static dev.thaw.linux.OpenFlags.O_LARGEFILE;
import static dev.thaw.linux.OpenFlags.O_NONBLOCK;
import static dev.thaw.linux.OpenFlags.O_PATH;
import static dev.thaw.linux.OpenFlags.O_RDONLY;
import static dev.thaw.linux.OpenFlags.O_RDWR;
import static dev.thaw.linux.OpenFlags.O_SYNC;
import static dev.thaw.linux.OpenFlags.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileImage;
import dev.thaw.image.FileSpec;
import dev.thaw.image.TaskSpec;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With which flags and offset a source is opened, and which sources are refused. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class OpeningsTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    private Opening opening() {
        return scenario.handover(0).opening();
    }

    @Nested
    class AFileOpenedAgain {
        private FileSpec file(int flags) {
            return scenario.image.regular("/data/a").flags(flags | O_LARGEFILE).mode(0100600);
        }

        @Test
        void gets_the_flags_that_open_takes_and_no_others() {
            root.fd(5, file(O_RDWR | O_NONBLOCK | O_SYNC | O_ASYNC).position(3));
            scenario.here.file("/data/a", 10);
            assertEquals(new Opening.Path("/data/a", O_RDWR | O_NONBLOCK | O_SYNC, OptionalInt.empty(), 3), opening());
        }

        @ParameterizedTest
        @CsvSource(textBlock = """
                # size then, offset then, size now, offset
                100,  40, 100,  40
                100,  40, 500,  40
                100,  40,  10,  10
                100, 100,   0,   0
                100, 300, 500, 300
                # files of the kernel's own have no size
                  0,  40,   0,  40
                """)
        void stands_where_it_stood_but_never_behind_the_end(long sizeThen, long positionThen, long sizeNow, long expected) {
            root.fd(5, file(O_RDONLY).size(sizeThen).position(positionThen));
            scenario.here.file("/data/a", sizeNow);
            assertEquals(expected, ((Opening.Path) opening()).seek());
        }

        @Test
        void stands_at_the_end_when_it_is_only_appended_to() {
            root.fd(5, file(O_WRONLY | O_APPEND).position(40));
            scenario.here.file("/data/a", 500);
            assertEquals(new Opening.Path("/data/a", O_WRONLY | O_APPEND, OptionalInt.empty(), 500), opening());
        }

        @Test
        void keeps_its_place_for_reading_when_it_is_read_and_appended_to() {
            root.fd(5, file(O_RDWR | O_APPEND).size(100).position(40));
            scenario.here.file("/data/a", 500);
            assertEquals(new Opening.Path("/data/a", O_RDWR | O_APPEND, OptionalInt.empty(), 40), opening());
        }

        @Test
        void stands_where_open_puts_it_when_criu_would_not_seek() {
            root.fd(5, file(O_RDONLY).size(1).position(FileImage.RegularFile.NO_SEEK));
            scenario.here.file("/data/a", 500);
            assertEquals(new Opening.Path("/data/a", O_RDONLY, OptionalInt.empty(), -1), opening());
        }

        @Test
        void has_no_offset_when_it_is_a_directory_or_only_a_path() {
            root.fd(5, scenario.image.regular("/data").flags(O_RDONLY | O_DIRECTORY).mode(0040700).position(7)).fd(6, file(O_PATH).position(0));
            scenario.here.directory("/data").file("/data/a", 500);
            assertEquals(new Opening.Path("/data", O_RDONLY | O_DIRECTORY, OptionalInt.empty(), -1), opening());
            assertEquals(new Opening.Path("/data/a", O_PATH, OptionalInt.empty(), -1), scenario.handover(1).opening());
        }

        @Test
        void is_created_with_its_old_permissions() {
            root.fd(5, file(O_WRONLY | O_APPEND).position(40));
            scenario.here.directory("/data");
            assertEquals(new Opening.Path("/data/a", O_WRONLY | O_APPEND, OptionalInt.of(0600), -1), opening());
            assertEquals("it was moved or removed, and the application only writes to it: created anew; one open file description, one key",
                    scenario.handover(0).because());
        }
    }

    @Nested
    class ANamedPath {
        @ParameterizedTest
        @CsvSource(textBlock = """
                append:/tmp/x, '/tmp/x O_WRONLY|O_APPEND (created)'
                file:/tmp/x,   '/tmp/x O_WRONLY|O_TRUNC (created)'
                rw:/tmp/x,     '/tmp/x O_RDWR (created)'
                null,          '/dev/null O_WRONLY'
                """)
        void is_opened_as_its_form_says(String source, String expected) {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.map("fd:5", source);
            assertEquals(expected, opening().text());
        }

        @ParameterizedTest
        @ValueSource(strings = {"append:/tmp/x", "file:/tmp/x"})
        void that_can_only_be_written_is_refused_for_what_is_read(String source) {
            root.fd(5, scenario.image.pipeReader(5));
            scenario.map("fd:5", source);
            assertEquals(List.of("--map fd:5=" + source + ": opens for write only", "because: fd 5 of pid 100 (shop) was open for read: pipe:[5]",
                    "try: read:PATH", "try: rw:PATH"), scenario.problem());
        }

        @Test
        void that_can_only_be_read_is_refused_for_what_is_written() {
            root.fd(1, scenario.image.pty(3, false));
            scenario.here.file("/tmp/x", 0);
            scenario.stdout("read:/tmp/x");
            assertEquals(List.of("--stdout read:/tmp/x: opens for read only",
                    "because: fd 1 of pid 100 (shop) was open for write: tty[8803:1a]", "try: append:PATH or file:PATH", "try: rw:PATH"),
                    scenario.problem());
        }

        @Test
        void that_is_to_be_read_has_to_be_there() {
            root.fd(5, scenario.image.pipeReader(5));
            scenario.map("fd:5", "read:/tmp/n\u0001");
            assertEquals(List.of("--map fd:5=read:/tmp/n\u0001: /tmp/n\\x01 does not exist", "because: it is to become fd 5 of pid 100 (shop)",
                    "try: create it, or name another source"), scenario.problem());
        }

        @Test
        void takes_the_place_of_another_with_what_the_image_recorded() {
            root.fd(5, scenario.image.regular("/data/a").flags(O_RDWR).size(100).position(40));
            scenario.here.file("/data/b", 60);
            scenario.map("/data/a", "/data/b");
            assertEquals(new Opening.Path("/data/b", O_RDWR, OptionalInt.empty(), 40), opening());
        }

        @Test
        void takes_the_place_of_a_fifo_with_its_flags() {
            root.fd(5, scenario.image.fifo("/run/a", 77));
            scenario.change(image -> Images.with(image, withFlags((FileImage.Fifo) image.file(image.descriptor(100, 5).orElseThrow()))));
            scenario.here.fifo("/run/b");
            scenario.map("/run/a", "/run/b");
            assertEquals(new Opening.Path("/run/b", O_RDONLY | O_NONBLOCK, OptionalInt.empty(), -1), opening());
        }

        private static FileImage withFlags(FileImage.Fifo fifo) {
            FileImage.RegularFile file = fifo.file();
            return new FileImage.Fifo(fifo.id(), fifo.pipeId(), new FileImage.RegularFile(file.id(), O_RDONLY | O_NONBLOCK, 0, file.owner(),
                    file.path(), -1, file.size(), false, file.mode(), file.buildId(), file.remap()));
        }

        @Test
        void that_is_not_there_is_created_for_what_is_only_written() {
            root.fd(5, scenario.image.regular("/data/a").flags(O_WRONLY).mode(0100640));
            scenario.here.directory("/other");
            scenario.map("/data/a", "/other/b");
            assertEquals(new Opening.Path("/other/b", O_WRONLY, OptionalInt.of(0640), -1), opening());
        }

        @Test
        void that_is_not_there_and_is_read_is_a_problem_or_becomes_nothing() {
            root.fd(5, scenario.image.regular("/data/a").flags(O_RDONLY).mode(0100640));
            scenario.map("/data/a", "/other/b");
            assertEquals(List.of("no source for fd 5 of pid 100 (shop): /other/b, read"), scenario.whats());
            Scenario lenient = new Scenario();
            lenient.image.task(100).fd(5, lenient.image.regular("/data/a").flags(O_RDONLY).mode(0100640));
            lenient.policy("file", "/data/*", new Rule.Action.From(dev.thaw.fdbroker.SourceParser.parse("original"), Rule.Missing.NULL));
            assertEquals(List.of("5 <- /dev/null O_RDONLY BY_KEY data/a"), lenient.handovers());
        }
    }

    @Nested
    class ADescriptorOfOurs {
        @ParameterizedTest
        @CsvSource({"write only, 1, read", "read only, 0, write"})
        void has_to_be_open_for_what_is_needed(String ignored, int accessOfOurs, String ours) {
            int wanted = accessOfOurs == O_WRONLY ? O_RDONLY : O_WRONLY;
            root.fd(5, scenario.image.regular("/data/a").flags(wanted).mode(0100644));
            scenario.here.file(7, accessOfOurs);
            scenario.map("fd:5", "fd:7");
            String other = ours.equals("read") ? "write" : "read";
            assertEquals(List.of("--map fd:5=fd:7: descriptor 7 is open for " + other + " only",
                    "because: fd 5 of pid 100 (shop) was open for " + ours + ": /data/a",
                    "try: open it with the access mode that the application needs"), scenario.problem());
        }

        @Test
        void may_be_the_other_end_of_a_pipe_for_it_is_opened_again() {
            root.fd(1, scenario.image.pipeWriter(5));
            scenario.here.pipe(1, O_RDONLY);
            assertEquals(List.of("1 <- own stdout REOPENED pipe:[5]"), scenario.handovers());
        }

        @Test
        void may_be_the_other_end_also_where_thaw_itself_opens_it_again() {
            FileSpec out = scenario.image.pipeWriter(5).flags(O_WRONLY | O_NONBLOCK | O_LARGEFILE);
            root.fd(1, out).fd(2, out);
            scenario.here.pipe(1, O_RDONLY);
            assertEquals(new Opening.OwnAgain(1, O_WRONLY | O_NONBLOCK), opening());
        }

        @Test
        void has_to_fit_as_it_is_when_it_is_no_pipe() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out);
            scenario.here.file(1, O_RDONLY);
            assertEquals(List.of("auto: descriptor 1 is open for read only",
                    "because: fd 1 of pid 100 (shop) was open for write: pipe:[5]",
                    "try: open it with the access mode that the application needs"), scenario.problem());
        }

        @Test
        void may_be_anything_for_what_was_open_for_both() {
            root.fd(5, scenario.image.unix(10).peer(11));
            scenario.here.pipe(7, O_WRONLY);
            scenario.map("fd:5", "fd:7");
            assertEquals(List.of("5 <- own descriptor 7 BY_KEY socket:[10]"), scenario.handovers());
        }

        @Test
        void is_inherited_by_the_number_of_the_descriptor() {
            root.fd(5, scenario.image.pipeWriter(5)).fd(6, scenario.image.pipeWriter(6));
            scenario.here.pipe(5, O_WRONLY).pipe(6, O_WRONLY);
            scenario.map("fd:5", "inherit").policy("pipe", null, "inherit");
            assertEquals(List.of("5 <- own descriptor 5 REOPENED pipe:[5]", "6 <- own descriptor 6 REOPENED pipe:[6]"), scenario.handovers());
        }

        @Test
        void that_is_not_there_is_named_with_the_key_that_helps() {
            scenario.image.task(101).fd(5, scenario.image.pipeWriter(5));
            scenario.map("pipe:[5]", "fd:7");
            assertEquals(List.of("--map pipe:[5]=fd:7: thaw was started without descriptor 7", "because: it is to become fd 5 of pid 101 (app)",
                    "try: start thaw with it open, e.g. `7</path` in a shell", "try: --map fd:101/5=null"), scenario.problem());
        }
    }

    @Nested
    class TheBroker {
        @Test
        void has_to_be_there() {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.map("fd:5", "broker:log");
            assertEquals(List.of("--map fd:5=broker:log: there is no broker to ask for 'log'", "because: it is to become fd 5 of pid 100 (shop)",
                    "try: name its socket: --broker SOCKET", "try: start one: thaw broker serve"), scenario.problem());
        }

        @Test
        void has_to_hold_the_name() {
            root.fd(5, scenario.image.pipeWriter(5));
            scenario.here.broker("other");
            scenario.map("fd:5", "broker:log");
            assertEquals(List.of("--map fd:5=broker:log: the broker holds no descriptor named 'log'", "because: it holds other",
                    "try: another source"), scenario.problem());
        }
    }
}
