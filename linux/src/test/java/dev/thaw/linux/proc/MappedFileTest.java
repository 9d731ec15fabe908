package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.ProcessCalls;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class MappedFileTest {
    @Test
    void files_come_once_for_each_way_they_are_mapped_and_other_memory_not_at_all() {
        String maps = """
                55d0c4a00000-55d0c4a02000 r--p 00000000 fe:01 1234                       /usr/bin/my program
                55d0c4a02000-55d0c4a06000 r-xp 00002000 fe:01 1234                       /usr/bin/my program
                55d0c5000000-55d0c5021000 rw-p 00000000 00:00 0                          [heap]
                7f0000000000-7f0000001000 rw-s 00000000 fe:01 77                         /data
                7f0000001000-7f0000002000 r--s 00000000 fe:01 77                         /data
                7f0000002000-7f0000003000 rw-s 00000000 00:01 9                          /memfd:cache (deleted)
                7f0000003000-7f0000004000 rw-s 00000000 00:01 8                          /dev/zero (deleted)
                7f0000004000-7f0000005000 rw-s 00000000 00:01 7                          /SYSV00000000 (deleted)
                7f0000005000-7f0000006000 rw-p 00000000 fe:01 6                          /old (deleted)
                7f0000006000-7f0000007000 rw-p 00000000 00:00 0
                """;
        assertEquals(List.of(new MappedFile("/usr/bin/my program", 1234, false), new MappedFile("/data", 77, true), new MappedFile("/data", 77, false),
                new MappedFile("/memfd:cache (deleted)", 9, true), new MappedFile("/old (deleted)", 6, false)), MappedFile.parse(maps));
        assertTrue(MappedFile.parse(maps).get(3).isMemoryFile());
    }

    @Test
    void this_process_has_its_program_mapped() {
        assertTrue(MappedFile.read(ProcessCalls.getpid()).stream().anyMatch(file -> file.path().endsWith("/java")));
    }
}
