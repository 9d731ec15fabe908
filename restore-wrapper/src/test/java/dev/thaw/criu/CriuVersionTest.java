package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuVersionTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            'Version: 4.2.1',                              4, 2, 1,  4.2.1
            'Version: 4.2\nGitID: v4.2-22-g2cf8f13ca',     4, 2, 0,  4.2
            'Version: 3.17.1 (gitid 0)',                   3, 17, 1, 3.17.1
            '(00.000072) Version: 4.1.1 (gitid 0)',        4, 1, 1,  4.1.1
            'warning: something\nVersion: 4.3',            4, 3, 0,  4.3
            """)
    void version_is_read_from_what_criu_prints(String output, int major, int minor, int patch, String text) {
        CriuVersion version = CriuVersion.parse(output.replace("\\n", "\n")).orElseThrow();
        assertEquals(new CriuVersion(major, minor, patch), version);
        assertEquals(text, version.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Version:", "Version: x.y", "criu: command not found", "Version: 99999999999.1", "Conversion: 4.2"})
    void other_output_has_no_version(String output) {
        assertEquals(Optional.empty(), CriuVersion.parse(output));
    }

    @ParameterizedTest
    @CsvSource({"4.2, 4.2", "4.2.1, 4.2.1", "3.17.0, 3.17", "'', none", "4, none", "4., none", ".4, none", "4..1, none", "4.2.1.9, none", "4.2., none", "4.2rc1, none",
        "99999.1, none", "-4.2, none"})
    void a_version_that_thaw_wrote_is_read_again(String text, String version) {
        assertEquals(version, CriuVersion.ofText(text).map(CriuVersion::toString).orElse("none"));
    }

    @Test
    void versions_are_compared_by_number_not_by_letter() {
        assertTrue(new CriuVersion(3, 9, 0).compareTo(new CriuVersion(3, 17, 1)) < 0);
        assertTrue(new CriuVersion(4, 1, 0).atLeast(4, 1));
        assertTrue(new CriuVersion(4, 10, 0).atLeast(4, 9));
        assertFalse(new CriuVersion(4, 0, 9).atLeast(4, 1));
        assertTrue(new CriuVersion(5, 0, 0).atLeast(4, 3));
    }

    @Test
    void restores_at_once_are_possible_from_4_1_on() {
        assertFalse(new CriuFeatures(new CriuVersion(4, 0, 0)).concurrentRestores());
        assertTrue(new CriuFeatures(new CriuVersion(4, 1, 0)).concurrentRestores());
    }

    @Test
    void an_old_criu_on_a_new_kernel_is_a_concern() {
        assertEquals(3, concerns(3, 16, "6.18.44-amd64").size());
        assertEquals(2, concerns(3, 17, "6.18.44-amd64").size());
        assertEquals(0, concerns(3, 17, "6.12.1").size());
        assertEquals(
                List.of("criu 4.1 cannot dump inet sockets on Linux 6.16 and newer; 4.2 can"), concerns(4, 1, "7.0-rc1"));
        assertEquals(List.of(), concerns(4, 2, "6.18.44-amd64"));
        assertEquals(List.of(), concerns(4, 1, "no release at all"));
    }

    private static List<String> concerns(int major, int minor, String kernelRelease) {
        return new CriuFeatures(new CriuVersion(major, minor, 0)).concernsOn(kernelRelease);
    }
}
