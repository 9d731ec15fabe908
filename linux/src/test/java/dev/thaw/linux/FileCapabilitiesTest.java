package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FileCapabilitiesTest {

    @Test
    void both_halves_count_when_they_are_effective() {
        // getfattr -e hex -n security.capability, after setcap cap_setpcap,cap_checkpoint_restore+ep
        byte[] struct = HexFormat.of().parseHex("0100000200010000000000000001000000000000");
        assertEquals(1L << 8 | 1L << 40, FileCapabilities.parse(struct, struct.length));
    }

    @Test
    void what_is_only_permitted_is_not_effective() {
        byte[] struct = HexFormat.of().parseHex("0000000200010000000000000001000000000000");
        assertEquals(0, FileCapabilities.parse(struct, struct.length));
    }

    @Test
    void a_file_without_any_has_none() {
        assertEquals(0, FileCapabilities.effective("/proc/self/exe"));
        assertEquals(0, FileCapabilities.effective("/nonexistent"));
    }
}
