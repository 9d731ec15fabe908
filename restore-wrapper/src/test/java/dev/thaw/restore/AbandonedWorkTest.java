package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AbandonedWorkTest {
    /** Above any pid_max. */
    private static final String GONE = "thaw-999999999-0123456789abcdef";

    private String base;

    @BeforeEach
    void base(@TempDir Path directory) {
        base = directory.toString();
        FileCalls.chmod(base, 0700);
    }

    @Test
    void what_a_thaw_left_that_is_gone_is_removed_with_all_in_it() {
        make(GONE, 0700);
        FileCalls.mkdir(base + "/" + GONE + "/images", 0700);
        FileCalls.writeFile(base + "/" + GONE + "/images/files.img", new byte[] {1}, 0600);
        AbandonedWork.remove(base);
        assertEquals(List.of(), FileCalls.list(base));
    }

    @Test
    void what_somebody_has_locked_stays() {
        make(GONE, 0700);
        try (OwnedFd fd = FileCalls.open(base + "/" + GONE, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            FileCalls.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            AbandonedWork.remove(base);
            assertEquals(List.of(GONE), FileCalls.list(base));
        }
    }

    @Test
    void what_belongs_to_a_process_that_runs_stays() {
        String name = "thaw-1-0123456789abcdef";
        make(name, 0700);
        AbandonedWork.remove(base);
        assertEquals(List.of(name), FileCalls.list(base));
    }

    @Test
    void what_has_our_own_pid_is_of_an_earlier_life_of_a_container() {
        make("thaw-" + ProcessCalls.getpid() + "-0123456789abcdef", 0700);
        AbandonedWork.remove(base);
        assertEquals(List.of(), FileCalls.list(base));
    }

    @Test
    void other_names_and_modes_and_links_stay() {
        make("thaw-999999999-cafe", 0700);
        make("thaw-it-999999999-0123456789abcdef", 0700);
        make(GONE, 0755);
        make("precious", 0700);
        FileCalls.symlink(base + "/precious", base + "/thaw-999999998-0123456789abcdef");
        AbandonedWork.remove(base);
        assertEquals(5, FileCalls.list(base).size());
    }

    @Test
    void nothing_is_touched_where_others_could_put_links() {
        make(GONE, 0700);
        FileCalls.chmod(base, 0777);
        AbandonedWork.remove(base);
        assertEquals(List.of(GONE), FileCalls.list(base));
        FileCalls.chmod(base, 01777);
        AbandonedWork.remove(base);
        assertEquals(List.of(), FileCalls.list(base));
    }

    private void make(String name, int mode) {
        FileCalls.mkdir(base + "/" + name, 0700);
        FileCalls.chmod(base + "/" + name, mode);
    }
}
