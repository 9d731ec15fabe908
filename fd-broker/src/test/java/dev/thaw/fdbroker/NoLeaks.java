package dev.thaw.fdbroker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a descriptor open. */
public final class NoLeaks implements BeforeEachCallback, AfterEachCallback {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(NoLeaks.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put("before", open());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Object before = context.getStore(NAMESPACE).get("before");
        long end = System.nanoTime() + LIMIT.toNanos();
        // A broker that has ended leaves closing to a thread of its own, as closing may take long.
        while (!before.equals(open()) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertEquals(before, open());
    }

    /** Without those that the JVM opens as it loads classes, and the one that the list is read with. */
    private static Map<Integer, String> open() {
        Map<Integer, String> open = new TreeMap<>();
        for (int fd : ProcessTable.descriptors(ProcessCalls.getpid())) {
            try {
                String link = ProcessTable.link(ProcessCalls.getpid(), fd);
                if (!link.endsWith(".jar") && !link.startsWith("/proc/") && !link.startsWith("/sys/") && !link.endsWith("random")) {
                    open.put(fd, link);
                }
            } catch (LinuxException closedMeanwhile) {
                continue;
            }
        }
        return open;
    }
}
