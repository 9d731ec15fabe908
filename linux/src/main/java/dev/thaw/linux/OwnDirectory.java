package dev.thaw.linux;

import java.util.Optional;

/** Tells whether somebody else could put other files into a directory, or another directory in its place. */
public final class OwnDirectory {
    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    private OwnDirectory() {}

    /**
     * The path without links of a directory in which, as in every directory above it, only we and root can change anything. Others leave alone what is ours
     * in a sticky directory, such as /tmp.
     *
     * @return empty where somebody else could, and where that cannot be seen
     */
    public static Optional<String> realPath(String directory) {
        try (OwnedFd opened = FileCalls.open(directory, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY)) {
            String path = FileCalls.readlink("/proc/self/fd/" + opened.number());
            boolean ours = path.startsWith("/") && isOurs(FileCalls.lstat(path), 0);
            for (String above = parent(path); ours && !above.isEmpty(); above = above.equals("/") ? "" : parent(above)) {
                ours = isLeftAlone(FileCalls.lstat(above));
            }
            return ours ? Optional.of(path) : Optional.empty();
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }

    /** Whether nobody but root can put anything else in the place of what is ours in this directory. */
    public static boolean isLeftAlone(FileStatus directory) {
        return isOurs(directory, STICKY);
    }

    private static boolean isOurs(FileStatus status, int excuse) {
        boolean writable = (status.permissions() & GROUP_OR_OTHERS_WRITE) != 0 && (status.permissions() & excuse) == 0;
        return status.isDirectory() && (status.uid() == 0 || status.uid() == ProcessCalls.geteuid()) && !writable;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(1, path.lastIndexOf('/')));
    }
}
