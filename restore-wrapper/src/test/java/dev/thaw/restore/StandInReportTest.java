package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class StandInReportTest {
    @Test
    void each_descriptor_has_what_fdinfo_and_stat_say_of_it() {
        StandInReport.Got got = StandInReport.parse("description 3 17 02102001\nfile /proc/self/fd/3 2049 4711 81a4 0 0\nheld\n").of(3).orElseThrow();
        assertEquals(17, got.info().position());
        assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_APPEND, got.info().statusFlags());
        assertEquals(2049, got.status().device());
        assertEquals(4711, got.status().inode());
        assertEquals(FileStatus.S_IFREG | 0644, got.status().mode());
    }

    @Test
    void a_device_is_known_by_its_numbers() {
        assertEquals(FileStatus.device(136, 5), StandInReport.parse("description 4 0 02\nfile /proc/self/fd/4 23 8 2190 88 5\n").of(4).orElseThrow().status().specialDevice());
    }

    @Test
    void what_only_half_is_told_of_is_not_there_and_errors_are_no_descriptors() {
        StandInReport report = StandInReport.parse("description 3 0 02\nstat: cannot statx '/proc/self/fd/3': No such file\nfile /proc/self/fd/9 1 2 1180 0 0\nheld\n");
        assertEquals(Set.of(), report.got().keySet());
        assertEquals(Optional.empty(), report.of(9));
    }
}
