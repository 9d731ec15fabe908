package dev.thaw.linux;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Flags of open(2) with the kernel's values, as they also stand in {@code /proc/PID/fdinfo} and in the images of criu (man 2 open).
 *
 * <p>O_LARGEFILE has the kernel's value here, not the 0 of 64-bit C headers.
 */
public final class OpenFlags {

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 01;
    public static final int O_RDWR = 02;
    /** Mask of the three access modes; the value 3 itself opens for ioctl only. */
    public static final int O_ACCMODE = 03;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NOCTTY = 0400;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DSYNC = 010000;
    public static final int O_ASYNC = 020000;
    public static final int O_NOATIME = 01000000;
    public static final int O_CLOEXEC = 02000000;
    /** Includes O_DSYNC. */
    public static final int O_SYNC = 04010000;
    public static final int O_PATH = 010000000;
    public static final int O_DIRECTORY = Architecture.CURRENT.directory();
    public static final int O_NOFOLLOW = Architecture.CURRENT.noFollow();
    public static final int O_DIRECT = Architecture.CURRENT.direct();
    public static final int O_LARGEFILE = Architecture.CURRENT.largeFile();
    /** Includes O_DIRECTORY. */
    public static final int O_TMPFILE = 020000000 | O_DIRECTORY;

    private static final Map<String, Integer> NAMES = names();

    private OpenFlags() {
    }

    /** The flags by name, {@code O_WRONLY|O_APPEND}; bits without a name as one octal number at the end. */
    public static String describe(int flags) {
        StringBuilder text = new StringBuilder(accessName(flags));
        int left = flags & ~O_ACCMODE;
        for (Map.Entry<String, Integer> flag : NAMES.entrySet()) {
            if ((left & flag.getValue()) == flag.getValue()) {
                text.append('|').append(flag.getKey());
                left &= ~flag.getValue();
            }
        }
        return left == 0 ? text.toString() : text.append("|0").append(Integer.toOctalString(left)).toString();
    }

    /** What the access mode allows: {@code read}, {@code write}, {@code read-write}, or {@code none} for O_PATH and the value 3. */
    public static String access(int flags) {
        if ((flags & O_PATH) != 0) {
            return "none";
        }
        int mode = flags & O_ACCMODE;
        return mode == O_RDONLY ? "read" : mode == O_WRONLY ? "write" : mode == O_RDWR ? "read-write" : "none";
    }

    /** {@link #describe}, put off until a message is needed, and without quotes in it. */
    static Object named(int flags) {
        return new Object() {
            @Override
            public String toString() {
                return describe(flags);
            }
        };
    }

    private static String accessName(int flags) {
        int mode = flags & O_ACCMODE;
        return mode == O_RDONLY ? "O_RDONLY" : mode == O_WRONLY ? "O_WRONLY" : mode == O_RDWR ? "O_RDWR" : "O_ACCMODE";
    }

    // Flags that contain another one come first, so that the other is not named as well.
    private static Map<String, Integer> names() {
        Map<String, Integer> names = new LinkedHashMap<>();
        names.put("O_CREAT", O_CREAT);
        names.put("O_EXCL", O_EXCL);
        names.put("O_NOCTTY", O_NOCTTY);
        names.put("O_TRUNC", O_TRUNC);
        names.put("O_APPEND", O_APPEND);
        names.put("O_NONBLOCK", O_NONBLOCK);
        names.put("O_SYNC", O_SYNC);
        names.put("O_DSYNC", O_DSYNC);
        names.put("O_ASYNC", O_ASYNC);
        names.put("O_DIRECT", O_DIRECT);
        names.put("O_LARGEFILE", O_LARGEFILE);
        names.put("O_TMPFILE", O_TMPFILE);
        names.put("O_DIRECTORY", O_DIRECTORY);
        names.put("O_NOFOLLOW", O_NOFOLLOW);
        names.put("O_NOATIME", O_NOATIME);
        names.put("O_CLOEXEC", O_CLOEXEC);
        names.put("O_PATH", O_PATH);
        return names;
    }
}
