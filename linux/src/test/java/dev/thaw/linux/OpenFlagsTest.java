package dev.thaw.linux;

import static dev.thaw.linux.OpenFlags.O_ACCMODE;
import static dev.thaw.linux.OpenFlags.O_APPEND;
import static dev.thaw.linux.OpenFlags.O_DSYNC;
import static dev.thaw.linux.OpenFlags.O_LARGEFILE;
import static dev.thaw.linux.OpenFlags.O_PATH;
import static dev.thaw.linux.OpenFlags.O_RDONLY;
import static dev.thaw.linux.OpenFlags.O_RDWR;
import static dev.thaw.linux.OpenFlags.O_SYNC;
import static dev.thaw.linux.OpenFlags.O_TMPFILE;
import static dev.thaw.linux.OpenFlags.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.thaw.linux.proc.FdInfo;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class OpenFlagsTest {

    @Test
    void flags_are_described_by_their_names() {
        assertEquals("O_RDONLY", OpenFlags.describe(O_RDONLY));
        assertEquals("O_WRONLY|O_APPEND", OpenFlags.describe(O_WRONLY | O_APPEND));
        assertEquals("O_ACCMODE", OpenFlags.describe(O_ACCMODE));
    }

    @Test
    void a_flag_that_contains_another_is_named_alone() {
        assertEquals("O_RDWR|O_SYNC", OpenFlags.describe(O_RDWR | O_SYNC));
        assertEquals("O_RDWR|O_DSYNC", OpenFlags.describe(O_RDWR | O_DSYNC));
        assertEquals("O_RDWR|O_TMPFILE", OpenFlags.describe(O_RDWR | O_TMPFILE));
    }

    @Test
    void unknown_bits_are_shown_in_octal() {
        assertEquals("O_RDONLY|O_APPEND|010000000004", OpenFlags.describe(O_APPEND | 010000000004));
    }

    @Test
    void access_says_what_the_mode_allows() {
        assertEquals("read", OpenFlags.access(O_RDONLY | O_APPEND));
        assertEquals("write", OpenFlags.access(O_WRONLY));
        assertEquals("read-write", OpenFlags.access(O_RDWR));
        assertEquals("none", OpenFlags.access(O_PATH));
        assertEquals("none", OpenFlags.access(O_ACCMODE));
    }

    @Test
    void the_kernel_marks_each_file_of_a_64_bit_program_as_large() {
        try (OwnedFd file = FileCalls.open("/dev/null", O_RDONLY)) {
            assertNotEquals(0, FdInfo.read(ProcessCalls.getpid(), file.number()).flags() & O_LARGEFILE);
        }
    }
}
