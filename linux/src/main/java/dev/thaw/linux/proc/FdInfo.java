package dev.thaw.linux.proc;

import dev.thaw.linux.OpenFlags;

/**
 * The first lines of {@code /proc/PID/fdinfo/N}: what the kernel knows of a descriptor.
 *
 * @param position offset of the open file description, bytes
 * @param flags as in the octal field: access mode, status flags, O_LARGEFILE, and O_CLOEXEC of the descriptor
 * @param mountId id in {@code /proc/PID/mountinfo}
 * @param inode inode number; -1 before Linux 5.14, which does not tell
 */
public record FdInfo(long position, int flags, int mountId, long inode) {

    /**
     * Reads the text of the file; lines that only some kinds of descriptors have are skipped.
     *
     * @throws IllegalArgumentException when pos, flags or mnt_id is missing
     */
    public static FdInfo parse(String text) {
        return new FdInfo(
            Long.parseLong(field(text, "pos")),
            Integer.parseUnsignedInt(field(text, "flags"), 8),
            Integer.parseInt(field(text, "mnt_id")),
            text.contains("\nino:") ? Long.parseUnsignedLong(field(text, "ino")) : -1);
    }

    /** Of a descriptor of a process; ENOENT when either is not there, EACCES without the right to trace it. */
    public static FdInfo read(int pid, int fd) {
        return parse(ProcFile.read("/proc/" + pid + "/fdinfo/" + fd));
    }

    /** Whether exec closes the descriptor. */
    public boolean closeOnExec() {
        return (flags & OpenFlags.O_CLOEXEC) != 0;
    }

    /** The flags of the open file description that mean something to a program: without O_CLOEXEC and O_LARGEFILE. */
    public int statusFlags() {
        return flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_LARGEFILE);
    }

    /** Without taking all lines apart: this is done for each descriptor of a machine. */
    private static String field(String text, String name) {
        int at = text.startsWith(name + ":") ? 0 : text.indexOf("\n" + name + ":") + 1;
        if (at == 0 && !text.startsWith(name + ":")) {
            throw new IllegalArgumentException("fdinfo without " + name + ": " + text);
        }
        int end = text.indexOf('\n', at);
        return text.substring(at + name.length() + 1, end < 0 ? text.length() : end).trim();
    }
}
