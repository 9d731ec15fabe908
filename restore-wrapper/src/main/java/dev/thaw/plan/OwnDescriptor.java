package dev.thaw.plan;

import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;

/**
 * A descriptor that thaw was started with.
 *
 * @param flags status flags without O_CLOEXEC ({@code fcntl(F_GETFL)})
 * @param link text of {@code /proc/self/fd/N}
 * @param sameAs lowest number that shares this open file description; {@code number} itself where none does
 * @param closedByCaller the caller had closed it and it was opened on /dev/null in its place
 * @param controlsSession true for a terminal that is some session's controlling terminal already
 */
public record OwnDescriptor(int number, FileStatus status, int flags, String link, int sameAs, boolean terminal, boolean closedByCaller,
        boolean controlsSession) {

    /** What it is, in the words of the policy file. */
    public String kind() {
        if (terminal) {
            return "tty";
        }
        if (link.startsWith("/memfd:")) {
            return "memfd";
        }
        if (status.isFifo()) {
            return link.startsWith("pipe:") ? "pipe" : "fifo";
        }
        if (status.isSocket()) {
            return "socket";
        }
        return status.isCharacterDevice() || status.isBlockDevice() ? "device" : status.isDirectory() ? "directory" : "file";
    }

    boolean isNull() {
        return status.isCharacterDevice() && link.equals("/dev/null");
    }

    /** True when its access mode allows what {@code wantedFlags} asks for. */
    boolean allows(int wantedFlags) {
        int own = flags & OpenFlags.O_ACCMODE;
        return own == OpenFlags.O_RDWR || own == (wantedFlags & OpenFlags.O_ACCMODE);
    }
}
