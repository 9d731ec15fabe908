package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.ImageBuilder;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Which locks of an image a restore loses. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class LostLocksTest {
    private static final String LOST = "pid 100 loses its POSIX locks on /db-shm: it maps the file too, and criu gives the locks up by mapping it again; "
            + "the program does not know";

    private final Scenario scenario = new Scenario();
    private final ImageBuilder image = scenario.image;

    @Test
    void a_posix_lock_on_a_file_that_the_process_maps_is_lost_and_the_plan_says_so_once() {
        image.task(100).fd(5, image.regular("/db-shm")).fd(6, image.regular("/db-shm")).maps(image.regular("/db-shm"));
        image.posixLock(100, 5).posixLock(100, 6);
        scenario.here.file("/db-shm", 0);
        assertEquals(List.of(LOST), scenario.plan().notes().stream().filter(note -> note.contains("lock")).toList());
    }

    @Test
    void other_locks_other_files_and_mappings_of_other_processes_are_no_concern() {
        image.task(100).fd(5, image.regular("/db-shm")).fd(6, image.regular("/db")).maps(image.regular("/db-shm"));
        image.task(101).maps(image.regular("/db"));
        image.lock(100, 5).posixLock(100, 6).posixLock(100, 9).posixLock(999, 5);
        assertEquals(List.of(), LostLocks.of(image.snapshot()));
    }
}
