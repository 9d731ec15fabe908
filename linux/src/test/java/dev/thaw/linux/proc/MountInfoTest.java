package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.ProcessCalls;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class MountInfoTest {

    @Test
    void a_line_is_read_with_any_number_of_optional_fields() {
        MountInfo plain = new MountInfo(36, 35, 98, 0, "/mnt1", "/mnt2", "rw,noatime", "ext3", "/dev/root", "rw,errors=continue");
        for (String optional : List.of("", "master:1 ", "shared:7 master:1 propagate_from:2 unbindable ")) {
            String line = "36 35 98:0 /mnt1 /mnt2 rw,noatime " + optional + "- ext3 /dev/root rw,errors=continue\n";
            assertEquals(List.of(plain), MountInfo.parse(line));
        }
    }

    @Test
    void octal_escapes_are_undone_once() {
        MountInfo mount = MountInfo.parse("1 2 0:5 /a\\040b /c\\011d\\012e\\134f\\134040 rw "
            + "- fuse.x-y one\\040two rw,lowerdir=/l\\040m\n").get(0);
        assertEquals("/a b", mount.root());
        assertEquals("/c\td\ne\\f\\040", mount.mountPoint());
        assertEquals("one two", mount.source());
        assertEquals("rw,lowerdir=/l m", mount.superOptions());
    }

    @Test
    void a_backslash_that_is_no_escape_stays() {
        assertEquals("/\\x\\9\\04", MountInfo.parse("1 2 0:5 / /\\x\\9\\04 rw - tmpfs t rw").get(0).mountPoint());
    }

    @Test
    void an_empty_source_is_empty() {
        MountInfo mount = MountInfo.parse("1 2 0:5 / /x rw - tmpfs  rw,size=1k").get(0);
        assertEquals("", mount.source());
        assertEquals("rw,size=1k", mount.superOptions());
    }

    @Test
    void a_hyphen_as_a_name_is_not_the_separator() {
        assertEquals("-", MountInfo.parse("1 2 0:5 / /- rw - tmpfs - rw").get(0).source());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1 2 0:5 / /x rw tmpfs t rw", "1 2 0:5 / /x rw - tmpfs"})
    void other_text_is_refused(String text) {
        assertThrows(IllegalArgumentException.class, () -> MountInfo.parse(text));
    }

    @Test
    void our_own_mounts_include_proc() {
        assertTrue(MountInfo.read(ProcessCalls.getpid()).stream().anyMatch(mount -> mount.mountPoint().equals("/proc")));
    }
}
