package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.proc.ProcessTable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a descriptor open, a child alive or unreaped, or the limit of descriptors changed. */
public final class NothingLeft implements BeforeEachCallback, AfterEachCallback {

    private record State(Map<Integer, String> descriptors, List<Integer> children, ProcessCalls.Limit limit) {
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(ExtensionContext.Namespace.create(NothingLeft.class)).put("before", now());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertEquals(context.getStore(ExtensionContext.Namespace.create(NothingLeft.class)).get("before"), now());
    }

    private static State now() {
        return new State(descriptors(), ProcessTable.children(ProcessCalls.getpid()), ProcessCalls.noFileLimit());
    }

    // The descriptor with which the list was read is gone by now, and one of the JVM may be.
    private static String target(int fd) {
        try {
            return ProcessTable.link(ProcessCalls.getpid(), fd);
        } catch (LinuxException e) {
            assertEquals(Errno.ENOENT, e.errno().number());
            return "/proc/";
        }
    }

    // It opens jars and random devices when it loads a class, and looks at its cgroup now and then.
    private static boolean isOfJvm(String target) {
        return target.endsWith(".jar") || target.startsWith("/dev/") || target.startsWith("/sys/fs/cgroup/") || target.startsWith("/proc/");
    }

    private static Map<Integer, String> descriptors() {
        Map<Integer, String> open = new TreeMap<>();
        for (int fd : ProcessTable.descriptors(ProcessCalls.getpid())) {
            String target = target(fd);
            if (!isOfJvm(target)) {
                open.put(fd, target);
            }
        }
        return open;
    }
}
