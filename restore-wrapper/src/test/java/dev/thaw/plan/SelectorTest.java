package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class SelectorTest {

    /** A descriptor as a selector sees it; pid 100 is the root. */
    private record Seen(int fd, List<Integer> pids, String kind, Optional<String> path, Optional<String> key, List<String> commands,
            Optional<String> peer) implements Selector.Candidate {
        @Override
        public boolean ofRoot() {
            return pids.contains(100);
        }

        static Seen file(int pid, int fd, String path) {
            return new Seen(fd, List.of(pid), "file", Optional.of(path), Optional.of(path.substring(1)), List.of("shop"), Optional.empty());
        }

        static Seen other(int pid, int fd, String kind, String key) {
            return new Seen(fd, List.of(pid), kind, Optional.empty(), Optional.of(key), List.of("shop"), Optional.empty());
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /var/log/app.log,     /var/log/app.log
            /var/log/*,           /var/log/*
            pipe:[81734],         pipe:[81734]
            socket:[4711],        socket:[4711]
            tty[8803:1a],         tty[8803:1a]
            file[2b:25c82e],      file[2b:25c82e]
            memfd:cache,          memfd:cache
            /memfd:cache,         memfd:cache
            memfd:,               memfd:
            fd:1,                 fd:1
            fd:4021/1000,         fd:4021/1000
            net:extRootNetNS,     net:extRootNetNS
            pid:extRootPidNS,     pid:extRootPidNS
            """)
    void each_form_of_a_key_is_read_and_written_again(String key, String text) {
        assertEquals(text, Selector.parse(key).text());
    }

    @Test
    void what_was_kept_is_one_end_of_a_certain_thing() {
        Selector.Kept kept = new Selector.Kept("pipe:[9]", dev.thaw.linux.OpenFlags.O_RDWR);
        assertTrue(kept.matches(Seen.other(100, 0, "pipe", "pipe:[9]")), "with the access mode of the default");
        assertFalse(kept.matches(Seen.other(100, 0, "pipe", "pipe:[8]")));
        assertFalse(new Selector.Kept("pipe:[9]", dev.thaw.linux.OpenFlags.O_RDONLY).matches(Seen.other(100, 0, "pipe", "pipe:[9]")), "the other end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "app.log", "pipe:81734", "pipe:[]", "pipe:[81734", "pipe:[81734] ", "pipe[81734]", "socket[4711]", "socket:[x]",
            "tty[8803]", "tty[88G3:1a]", "tty:[8803:1a]", "tty[8803:1A]", "file[2b]", "stdout", "1", "Pipe:[1]", "net:", "mnt:x"})
    void other_text_is_refused_with_the_forms_there_are(String key) {
        String message = assertThrows(IllegalArgumentException.class, () -> Selector.parse(key)).getMessage();
        assertEquals("'" + key + "' is no key; one of: /PATH or a glob over paths, pipe:[INODE], socket:[INODE], "
                + "tty[RDEV:DEV] (hexadecimal), memfd:NAME, fd:N, fd:PID/N, net:NAME, pid:NAME", message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fd:", "fd:x", "fd:-1", "fd:/3", "fd:100/", "fd:100/3/4", "fd:x/3", "fd:99999999999", "fd: 3"})
    void a_descriptor_key_that_is_none_is_explained(String key) {
        String message = assertThrows(IllegalArgumentException.class, () -> Selector.parse(key)).getMessage();
        assertEquals("'" + key + "': fd:N is descriptor N of the root process, fd:PID/N that of another", message);
    }

    @Test
    void a_path_key_means_the_path_itself_even_where_it_reads_like_a_glob() {
        assertTrue(Selector.parse("/tmp/a[1]*").matches(Seen.file(100, 5, "/tmp/a[1]*")));
        assertTrue(Selector.parse("/tmp/a[1]*").matches(Seen.file(100, 5, "/tmp/a1b")));
        assertFalse(Selector.parse("/tmp/a[1]*").matches(Seen.file(100, 5, "/tmp/a2")));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /var/log/app.log, 100, 5, true
            /var/log/*.log,   101, 7, true
            /var/log,         100, 5, false
            fd:5,             100, 5, true
            fd:5,             101, 5, false
            fd:5,             100, 6, false
            fd:101/5,         101, 5, true
            fd:101/5,         100, 5, false
            fd:101/5,         101, 6, false
            """)
    void paths_are_matched_in_all_processes_and_descriptors_in_one(String key, int pid, int fd, boolean expected) {
        assertEquals(expected, Selector.parse(key).matches(Seen.file(pid, fd, "/var/log/app.log")));
    }

    @Test
    void a_descriptor_of_a_table_that_processes_share_belongs_to_each_of_them() {
        Seen shared = new Seen(5, List.of(100, 103), "pipe", Optional.empty(), Optional.of("pipe:[1]"), List.of("shop", "helper"), Optional.empty());
        assertTrue(Selector.parse("fd:5").matches(shared));
        assertTrue(Selector.parse("fd:103/5").matches(shared));
        assertFalse(Selector.parse("fd:104/5").matches(shared));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            pipe:[81734],    pipe,   pipe:[81734],     true
            pipe:[8173],     pipe,   pipe:[81734],     false
            socket:[81734],  pipe,   pipe:[81734],     false
            tty[8803:1a],    tty,    tty[8803:1a],     true
            memfd:cache,     memfd,  /memfd:cache,     true
            memfd:cache,     memfd,  /memfd:cache2,    false
            file[2b:25c82e], file,   file[2b:25c82e],  true
            """)
    void a_resource_key_is_compared_letter_by_letter(String key, String kind, String of, boolean expected) {
        assertEquals(expected, Selector.parse(key).matches(Seen.other(101, 9, kind, of)));
    }

    @Test
    void a_namespace_is_no_descriptor() {
        assertFalse(Selector.parse("net:x").matches(Seen.other(100, 5, "other", "x")));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            file, -,               -, -,   -,    -,                 true
            pipe, -,               -, -,   -,    -,                 false
            -,    /var/log/*,      -, -,   -,    -,                 true
            -,    /var/*,          -, -,   -,    -,                 false
            -,    -,               5, -,   -,    -,                 true
            -,    -,               1, -,   -,    -,                 false
            -,    -,               -, 100, -,    -,                 true
            -,    -,               -, 101, -,    -,                 false
            -,    -,               -, -,   sh*,  -,                 true
            -,    -,               -, -,   bash, -,                 false
            -,    -,               -, -,   -,    /run/systemd/**,   false
            file, /var/log/*.log,  5, 100, shop, -,                 true
            file, /var/log/*.log,  6, 100, shop, -,                 false
            -,    -,               -, -,   -,    -,                 true
            """)
    void every_part_of_a_policy_document_has_to_match(String type, String path, Integer fd, Integer pid, String command, String peer,
            boolean expected) {
        assertEquals(expected, pattern(type, path, fd, pid, command, peer).matches(Seen.file(100, 5, "/var/log/app.log")));
    }

    @Test
    void a_policy_document_can_name_the_other_end_of_a_socket() {
        Seen journal = new Seen(1, List.of(100), "socket", Optional.empty(), Optional.of("socket:[7]"), List.of("shop"),
                Optional.of("/run/systemd/journal/stdout"));
        assertTrue(pattern("socket", null, null, null, null, "/run/systemd/**").matches(journal));
        assertFalse(pattern("socket", null, null, null, null, "/dev/log").matches(journal));
    }

    private static Selector pattern(String type, String path, Integer fd, Integer pid, String command, String peer) {
        return new Selector.Pattern(Optional.ofNullable(type), Optional.ofNullable(path), fd == null ? OptionalInt.empty() : OptionalInt.of(fd),
                pid == null ? OptionalInt.empty() : OptionalInt.of(pid), Optional.ofNullable(command), Optional.ofNullable(peer), "shop.yaml line 1");
    }
}
