package dev.thaw.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.checkpoint.FdExtras.Lock;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ProcTextsTest {

    @Test
    void locks_of_every_kind_are_read_from_fdinfo() {
        FdExtras extras = FdExtras.parse("""
                pos:\t5
                flags:\t02100001
                mnt_id:\t27
                ino:\t2155057
                lock:\t1: FLOCK  ADVISORY  WRITE 19244 fe:00:2155057 0 EOF
                lock:\t2: OFDLCK ADVISORY  WRITE -1 fe:00:2155057 0 EOF
                lock:\t3: LEASE  ACTIVE    READ 19325 fe:00:2155057 0 EOF
                """);
        assertEquals(List.of(new Lock("FLOCK", 19244, "fe:00:2155057"), new Lock("OFDLCK", -1, "fe:00:2155057"), new Lock("LEASE", 19325, "fe:00:2155057")), extras.locks());
    }

    @Test
    void a_pty_master_tells_its_number_and_a_pidfd_its_process() {
        assertEquals(OptionalInt.of(3), FdExtras.parse("pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t91\ntty-index:\t3\n").terminalIndex());
        assertEquals(OptionalInt.of(-1), FdExtras.parse("pos:\t0\nflags:\t02\nmnt_id:\t2\nino:\t9\nPid:\t-1\nNSpid:\t-1\n").pidfdTarget());
        assertEquals(2, FdExtras.parse("pos:\t0\nflags:\t02000002\nmnt_id:\t10\nino:\t8309949\nscm_fds: 2\n").underWay());
        assertEquals(FdExtras.NONE, FdExtras.parse("pos:\t0\nflags:\t02\nmnt_id:\t24\n"));
    }

    @Test
    void files_that_are_mapped_are_told_by_device_and_inode() {
        assertEquals(Set.of("fe:00:2156592"), Mappings.mapped("""
                00400000-00401000 r-xp 00000000 fe:00 2156592                    /opt/my app/db-shm
                7f96ea100000-7f96ea200000 rw-p 00000000 00:00 0
                7f96ea200000-7f96ea201000 rw-s 00000000 fe:01 2156593            /x
                """, Set.of("fe:00:2156592", "fe:00:2156593")));
    }

    @Test
    void deleted_files_are_found_among_mappings_and_shared_memory_is_not_taken_for_them() {
        Mappings mappings = Mappings.parse("""
                00400000-00401000 r-xp 00000000 fe:00 2156592                    /opt/my app/sleep (deleted)
                00401000-00402000 r--p 00001000 fe:00 2156592                    /opt/my app/sleep (deleted)
                7f96e9a00000-7f96e9d00000 rw-s 00100000 fe:00 2156593            /tmp/a (deleted)
                7f96e9d00000-7f96e9e00000 rw-s 00000000 00:01 1029               /memfd:x (deleted)
                7f96e9e00000-7f96e9f00000 rw-s 00000000 00:01 5                  /SYSV00000000 (deleted)
                7f96e9f00000-7f96ea000000 rw-s 00000000 00:01 6                  /dev/zero (deleted)
                7f96ea000000-7f96ea100000 rw-s 00000000 00:0f 7                  anon_inode:[io_uring]
                7f96ea100000-7f96ea200000 rw-p 00000000 00:00 0
                7f96ea200000-7f96ea201000 r-xp 00000000 00:00 0                  [uprobes]
                """);
        assertEquals(List.of(new Mappings.Deleted("/opt/my app/sleep", "400000-401000", 0x1000, 0),
                new Mappings.Deleted("/tmp/a", "7f96e9a00000-7f96e9d00000", 0x400000, 0)), mappings.deleted());
        assertEquals(Set.of("anon_inode:[io_uring]"), mappings.anonymousInodes());
        assertEquals(true, mappings.uprobes());
    }
}
