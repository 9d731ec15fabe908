package dev.thaw.it;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaves a process, a descriptor of the test JVM, or one of criu's cgroup mounts behind, and says which. What was left is
 * killed or unmounted, so that the next test starts clean.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);
    private static final int SELF = ProcessCalls.getpid();
    /** The end of a killed process, and of the JVM's own short-lived files, takes a moment. */
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final int MNT_DETACH = 2;
    /** What the JVM opens by itself as classes are loaded, and keeps. */
    private static final Pattern OF_THE_JVM = Pattern.compile(".*\\.(jar|jsa)|.*/lib/modules|/dev/u?random");

    /** What there was when somebody began to watch. */
    record State(Set<Integer> processes, Map<Integer, String> descriptors, Set<String> mounts) {
        static State now() {
            return new State(Children.tree(SELF), descriptorsNow(), yardsNow());
        }
    }

    static {
        openWhatStaysOpen();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Children.adoptOrphans();
        context.getStore(NAMESPACE).put(State.class, State.now());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        State before = context.getStore(NAMESPACE).remove(State.class, State.class);
        if (before == null) {
            return; // an extension before us has failed
        }
        List<String> leaks = leaksSince(before);
        if (!leaks.isEmpty()) {
            throw new AssertionError("the test has left behind " + String.join("\n  and ", leaks));
        }
    }

    /** What came since and is still there after the grace, for a message. Processes and mounts among it are taken away. */
    static List<String> leaksSince(State before) {
        List<String> leaks = new ArrayList<>();
        for (int pid : left(() -> processesSince(before))) {
            leaks.add("a process: " + Children.describe(pid));
        }
        Children.killTrees(processesSince(before));
        for (String descriptor : left(() -> descriptorsSince(before))) {
            leaks.add("a descriptor of the test JVM: " + descriptor);
        }
        for (String mount : left(() -> mountsSince(before))) {
            leaks.add("a mount: " + mount);
            unmount(mount, leaks);
        }
        return leaks;
    }

    /** What is there still when the grace is over. */
    private static <T> Set<T> left(Supplier<Set<T>> leaks) {
        try {
            Await.until("the end of leaks", GRACE, () -> leaks.get().isEmpty());
            return Set.of();
        } catch (AssertionError e) {
            return leaks.get();
        }
    }

    private static Set<Integer> processesSince(State before) {
        Set<Integer> since = Children.tree(SELF);
        since.removeAll(before.processes());
        // A zombie of ours is an end that nobody has asked for; its pid must be free for the next test all the same.
        since.forEach(Children::reap);
        since.removeIf(pid -> !Children.isRunning(pid));
        return since;
    }

    private static Set<String> descriptorsSince(State before) {
        Set<String> since = new LinkedHashSet<>();
        descriptorsNow().forEach((number, link) -> {
            if (!link.equals(before.descriptors().get(number)) && !OF_THE_JVM.matcher(link).matches()) {
                since.add(number + " -> " + link);
            }
        });
        return since;
    }

    private static Map<Integer, String> descriptorsNow() {
        Map<Integer, String> table = new TreeMap<>();
        for (int number : ProcessTable.descriptors(SELF)) {
            try {
                table.put(number, ProcessTable.link(SELF, number));
            } catch (LinuxException e) {
                continue; // closed by another thread of the JVM, or the one that listed them
            }
        }
        return table;
    }

    /** A criu that was killed leaves all cgroup hierarchies mounted in its work directory. */
    private static Set<String> yardsNow() {
        Set<String> yards = new LinkedHashSet<>();
        MountInfo.read(SELF).stream().map(MountInfo::mountPoint).filter(point -> point.contains(".criu.cgyard")).forEach(yards::add);
        return yards;
    }

    private static Set<String> mountsSince(State before) {
        Set<String> since = yardsNow();
        since.removeAll(before.mounts());
        return since;
    }

    private static void unmount(String mount, List<String> leaks) {
        try {
            ProcessCalls.umount2(mount, MNT_DETACH);
        } catch (LinuxException e) {
            leaks.add("... which cannot be unmounted: " + e.getMessage());
        }
    }

    /** The JDK keeps a socket pair for closing channels from the first socket on; it must not be the fault of the first test with one. */
    private static void openWhatStaysOpen() {
        try {
            SocketChannel.open(StandardProtocolFamily.UNIX).close();
            SocketChannel.open().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
