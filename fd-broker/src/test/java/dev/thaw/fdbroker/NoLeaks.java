package dev.thaw.fdbroker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a descriptor open. */
public final class NoLeaks implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(NoLeaks.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put("before", open());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertEquals(context.getStore(NAMESPACE).get("before"), open());
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
