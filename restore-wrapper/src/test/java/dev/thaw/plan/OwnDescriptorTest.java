package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.OpenFlags;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class OwnDescriptorTest {

    private static OwnDescriptor own(int mode, int flags, String link, boolean terminal) {
        return new OwnDescriptor(5, Here.status(mode, 0), flags, link, 5, terminal, false, false);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            100644, /tmp/x,                 false, file
            040755, /tmp,                   false, directory
            010600, 'pipe:[5]',             false, pipe
            010600, /run/fifo,              false, fifo
            140777, 'socket:[5]',           false, socket
            020666, /dev/null,              false, device
            060660, /dev/sda,               false, device
            020620, /dev/pts/3,             true,  tty
            100777, '/memfd:x (deleted)',   false, memfd
            0600,   'anon_inode:[eventfd]', false, file
            """)
    void it_has_the_word_of_the_policy_file(String mode, String link, boolean terminal, String kind) {
        assertEquals(kind, own(Integer.parseInt(mode, 8), OpenFlags.O_RDWR, link, terminal).kind());
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            020666, /dev/null,            true
            020666, /dev/zero,            false
            100644, /dev/null,            false
            """)
    void only_the_device_is_the_null_device(String mode, String link, boolean expected) {
        assertEquals(expected, own(Integer.parseInt(mode, 8), OpenFlags.O_RDWR, link, false).isNull());
    }

    @ParameterizedTest
    @CsvSource({"0, 0, true", "0, 1, false", "0, 2, false", "1, 1, true", "1, 0, false", "2, 0, true", "2, 1, true", "2, 2, true"})
    void it_allows_what_it_is_open_for(int flags, int wanted, boolean expected) {
        assertEquals(expected, own(0100644, flags | OpenFlags.O_APPEND, "/x", false).allows(wanted | OpenFlags.O_NONBLOCK));
    }
}
