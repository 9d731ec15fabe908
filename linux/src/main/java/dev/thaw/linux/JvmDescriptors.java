package dev.thaw.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * The descriptors that the JVM opened for itself without close-on-exec: files of its own, the class path and any other jar, random devices.
 * The JDK counts on ProcessBuilder to close them; a child of ours must not get them either.
 */
public final class JvmDescriptors {

    private JvmDescriptors() {
    }

    /** Their numbers, none of 0, 1 and 2. */
    public static List<Integer> numbers() {
        String home = System.getProperty("java.home") + "/";
        List<String> classPath = List.of(System.getProperty("java.class.path", "").split(":"));
        List<Integer> numbers = new ArrayList<>();
        for (String name : FileCalls.list("/proc/self/fd")) {
            int fd = Integer.parseInt(name);
            if (fd > 2 && FdCalls.isPassedOn(fd) && isOfJvm(target(name), home, classPath)) {
                numbers.add(fd);
            }
        }
        return numbers;
    }

    private static boolean isOfJvm(String target, String home, List<String> classPath) {
        return target.startsWith(home) || target.endsWith(".jar") || classPath.contains(target)
            || target.equals("/dev/random") || target.equals("/dev/urandom");
    }

    private static String target(String name) {
        try {
            return FileCalls.readlink("/proc/self/fd/" + name);
        } catch (LinuxException closedMeanwhile) {
            return "";
        }
    }
}
