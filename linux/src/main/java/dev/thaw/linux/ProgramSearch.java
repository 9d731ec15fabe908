package dev.thaw.linux;

import java.util.List;
import java.util.Optional;

/** Finds a program as execvp(3) does, but in the PATH that the child will have: posix_spawnp would take ours. */
public final class ProgramSearch {

    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    private ProgramSearch() {
    }

    /**
     * The path to execute; {@code name} itself when it has a slash.
     *
     * @param directory the child's working directory, where relative elements of PATH start
     * @throws LinuxException EACCES when there are only files that cannot be executed, ENOENT when there is none
     */
    public static String find(String name, List<String> environment, Optional<String> directory) {
        if (name.indexOf('/') >= 0) {
            return name;
        }
        String path = pathOf(environment);
        int reason = Errno.ENOENT;
        if (!name.isEmpty()) {
            for (String element : path.split(":", -1)) {
                String candidate = absolute(element.isEmpty() ? "." : element, directory) + "/" + name;
                if (FileCalls.isExecutable(candidate) && FileCalls.stat(candidate).isRegular()) {
                    return candidate;
                }
                reason = exists(candidate) ? Errno.EACCES : reason;
            }
        }
        throw LibC.failed(reason, "posix_spawn(?, ?)", name, LibC.word("PATH=" + path));
    }

    private static boolean exists(String candidate) {
        try {
            return FileCalls.statIfExists(candidate).isPresent();
        } catch (LinuxException e) {
            return e.is(Errno.EACCES);
        }
    }

    private static String absolute(String element, Optional<String> directory) {
        return element.startsWith("/") || directory.isEmpty() ? element : directory.get() + "/" + element;
    }

    private static String pathOf(List<String> environment) {
        for (String entry : environment) {
            if (entry.startsWith("PATH=")) {
                return entry.substring("PATH=".length());
            }
        }
        return DEFAULT_PATH;
    }
}
