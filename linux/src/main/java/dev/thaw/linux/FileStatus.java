package dev.thaw.linux;

/**
 * What statx(2) says about a file.
 *
 * @param device the file system's device number, encoded as st_dev is ({@link #major}, {@link #minor})
 * @param specialDevice the device that a device node stands for, in the same encoding; 0 for other files
 * @param inode inode number, unique inside {@code device}
 * @param mode type and permissions
 * @param size bytes
 * @param uid owner
 * @param gid group
 * @param modifiedNanos time of the last change of the content, nanoseconds since 1970
 * @param links number of names
 * @param mountId id in {@code /proc/self/mountinfo}; -1 before Linux 5.8
 */
public record FileStatus(long device, long specialDevice, long inode, int mode, long size, int uid, int gid, long modifiedNanos, long links,
                         int mountId) {

    public static final int S_IFMT = 0170000;
    public static final int S_IFSOCK = 0140000;
    public static final int S_IFLNK = 0120000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFBLK = 060000;
    public static final int S_IFDIR = 040000;
    public static final int S_IFCHR = 020000;
    public static final int S_IFIFO = 010000;

    static final int STATX_BYTES = 256;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_MNT_ID = 0x1000;

    public boolean isRegular() {
        return type() == S_IFREG;
    }

    public boolean isDirectory() {
        return type() == S_IFDIR;
    }

    /** A named pipe, or an end of an unnamed one. */
    public boolean isFifo() {
        return type() == S_IFIFO;
    }

    public boolean isSocket() {
        return type() == S_IFSOCK;
    }

    public boolean isCharacterDevice() {
        return type() == S_IFCHR;
    }

    public boolean isBlockDevice() {
        return type() == S_IFBLK;
    }

    public boolean isSymbolicLink() {
        return type() == S_IFLNK;
    }

    /** One of the S_IF constants; 0 for an anonymous inode such as an eventfd. */
    public int type() {
        return mode & S_IFMT;
    }

    /** The permission bits with set-user-id, set-group-id and sticky: at most 07777. */
    public int permissions() {
        return mode & 07777;
    }

    /** Device number from its parts, as the C library encodes it (man 3 makedev). */
    public static long device(int major, int minor) {
        return (major & 0xfffff000L) << 32 | (major & 0xfffL) << 8 | (minor & 0xffffff00L) << 12 | minor & 0xffL;
    }

    /** Major part of a device number (man 3 makedev). */
    public static int major(long device) {
        return (int) (device >>> 32 & 0xfffff000L | device >>> 8 & 0xfffL);
    }

    /** Minor part of a device number (man 3 makedev). */
    public static int minor(long device) {
        return (int) (device >>> 12 & 0xffffff00L | device & 0xffL);
    }

    /** Reads a {@code struct statx}; its layout is the same on all architectures (linux/stat.h). */
    static FileStatus ofStatx(byte[] struct) {
        boolean hasMountId = (word(struct, 0) & STATX_MNT_ID) != 0;
        return new FileStatus(
            device(word(struct, 136), word(struct, 140)),
            device(word(struct, 128), word(struct, 132)),
            wide(struct, 32),
            word(struct, 28) & 0xffff,
            wide(struct, 40),
            word(struct, 20),
            word(struct, 24),
            wide(struct, 112) * 1_000_000_000L + word(struct, 120),
            word(struct, 16) & 0xffffffffL,
            hasMountId ? word(struct, 144) : -1);
    }

    /** Put together by hand, as a ByteBuffer takes a JVM ten calls for each number, and there are hundreds of files. Both architectures are little-endian. */
    private static int word(byte[] struct, int at) {
        return struct[at] & 0xff | (struct[at + 1] & 0xff) << 8 | (struct[at + 2] & 0xff) << 16 | struct[at + 3] << 24;
    }

    private static long wide(byte[] struct, int at) {
        return word(struct, at) & 0xffffffffL | (long) word(struct, at + 4) << 32;
    }
}
