package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.thaw.image.ScaleImage;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reading and planning take grows as the image does, and no faster: by what they allocate, which no load of the machine changes. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class PlanScaleTest {
    private static final int PROCESSES = 300;

    @Test
    void twice_the_processes_take_twice_the_memory(@TempDir Path directory) throws IOException {
        String small = write(directory.resolve("small"), PROCESSES);
        String large = write(directory.resolve("large"), 2 * PROCESSES);
        allocated(small); // loads the classes
        long once = allocated(small);
        long twice = allocated(large);
        assertTrue(twice < 2.2 * once, once + " bytes for " + PROCESSES + " processes, " + twice + " for twice as many");
        assertTrue(twice - once < 20_000L * PROCESSES * ScaleImage.DESCRIPTORS_EACH, (twice - once) / PROCESSES + " bytes for one process more");
    }

    private static String write(Path directory, int processes) throws IOException {
        Files.createDirectory(directory);
        ScaleImage.of(processes).writeTo(directory.toString());
        return directory.toString();
    }

    private static long allocated(String directory) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        Planning planning = Planning.of(directory, RestoreOptions.automatic(), Set.of(), BrokerNames.of(Optional.empty()));
        assertInstanceOf(PlanResult.Ready.class, planning.result());
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    }
}
