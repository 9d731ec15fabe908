package dev.thaw.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a program may do by itself, whoever starts it (man 7 capabilities, "File capabilities"). */
public final class FileCapabilities {
    private static final FileLibrary C = new FileLibrary();
    private static final String NAME = "security.capability";
    /** struct vfs_ns_cap_data (linux/capability.h): flags, permitted and inheritable twice, root's uid. */
    private static final int MOST_BYTES = 24;
    private static final int EFFECTIVE = 1;

    private FileCapabilities() {}

    /**
     * The capabilities that are effective from its first instruction on.
     *
     * @return bit n for capability n; 0 for a file without, for one that is not there, and for a file system that has none
     */
    public static long effective(String path) {
        byte[] struct = new byte[MOST_BYTES];
        long size = C.getxattr(LibC.cString(path), LibC.cString(NAME), struct, struct.length);
        return size < 0 ? 0 : parse(struct, (int) size);
    }

    /** The struct is little-endian on every machine. */
    static long parse(byte[] struct, int size) {
        ByteBuffer b = ByteBuffer.wrap(struct, 0, size).order(ByteOrder.LITTLE_ENDIAN);
        boolean effective = size >= 8 && (b.getInt(0) & EFFECTIVE) != 0;
        long low = effective ? b.getInt(4) & 0xffffffffL : 0;
        return effective && size >= 16 ? low | (long) b.getInt(12) << 32 : low;
    }
}
