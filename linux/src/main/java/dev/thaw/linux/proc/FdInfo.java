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
        return new FdInfo(number(text, "pos:", 10), (int) number(text, "flags:", 8), (int) number(text, "mnt_id:", 10),
            at(text, "ino:") < 0 ? -1 : number(text, "ino:", 10));
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

    /** Without taking all lines apart: this is done for each descriptor of a machine. Inodes may have all 64 bits. */
    private static long number(String text, String name, int radix) {
        int at = at(text, name);
        if (at < 0) {
            throw new IllegalArgumentException("fdinfo without " + name + " " + text);
        }
        int from = at + name.length();
        while (from < text.length() && (text.charAt(from) == ' ' || text.charAt(from) == '\t')) {
            from++;
        }
        int line = text.indexOf('\n', from);
        int end = line < 0 ? text.length() : line;
        return text.startsWith("-", from) ? Long.parseLong(text, from, end, radix) : Long.parseUnsignedLong(text, from, end, radix);
    }

    /** Where the line begins; -1 when there is none. */
    private static int at(String text, String name) {
        int at = 0;
        while (!text.startsWith(name, at)) {
            at = text.indexOf('\n', at) + 1;
            if (at == 0) {
                return -1;
            }
        }
        return at;
    }
}
