package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** More about the other end of a unix socket than {@link SocketCalls#peerCredentials} tells. */
public final class PeerCalls {

    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERGROUPS = 59;
    private static final int SO_PEERPIDFD = 77;
    private static final int MAX_GROUPS = 65536;
    private static final int USUAL_GROUPS = 64;
    private static final long SIOCOUTQ = 0x5411;

    private static final FdLibrary FD = new FdLibrary();

    private PeerCalls() {
    }

    /** Supplementary groups of the process that connected (SO_PEERGROUPS, Linux 4.13). */
    public static Set<Integer> groups(int fd) {
        int[] length = {4 * USUAL_GROUPS};
        int[] groups = new int[USUAL_GROUPS];
        int result = SocketCalls.C.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, length);
        if (result < 0 && LibC.errno() == Errno.ERANGE) {
            groups = new int[MAX_GROUPS];
            length[0] = 4 * MAX_GROUPS;
            result = SocketCalls.C.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, length);
        }
        check(result, "getsockopt(?, SO_PEERGROUPS)", fd);
        Set<Integer> found = new TreeSet<>();
        for (int i = 0; i < length[0] / 4; i++) {
            found.add(groups[i]);
        }
        return found;
    }

    /**
     * A pidfd of the process that connected: unlike its pid it never means another one (SO_PEERPIDFD).
     *
     * @return owned by the caller; empty before Linux 6.5, and when the process is gone
     */
    public static Optional<OwnedFd> pidFd(int fd) {
        int[] pidFd = new int[1];
        int result = SocketCalls.C.getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, pidFd, new int[] {4});
        return result < 0 ? Optional.empty() : Optional.of(OwnedFd.of(pidFd[0]));
    }

    /** Whether the other end has still something to read of what was sent; for a unix socket (man 2 ioctl, SIOCOUTQ). */
    public static boolean hasUnread(int fd) {
        int[] bytes = new int[1];
        check(FD.ioctl(fd, SIOCOUTQ, bytes), "ioctl(?, SIOCOUTQ)", fd);
        return bytes[0] != 0;
    }
}
