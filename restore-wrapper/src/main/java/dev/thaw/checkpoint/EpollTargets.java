package dev.thaw.checkpoint;

import dev.thaw.checkpoint.FdExtras.Watched;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds what an epoll set watches although its process has closed it: another process still has it open. criu looks for each watched
 * description among the descriptors of the process.
 */
final class EpollTargets {
    private final int pid;
    private final List<ScannedDescriptor> descriptors;
    private final Map<Integer, Long> inodes = new HashMap<>();

    private EpollTargets(int pid, List<ScannedDescriptor> descriptors) {
        this.pid = pid;
        this.descriptors = descriptors;
        descriptors.forEach(descriptor -> inodes.put(descriptor.fd(), descriptor.description().inode()));
    }

    /** Leaves to each epoll set only the watched descriptions that the process does not have. */
    static List<ScannedDescriptor> lost(int pid, List<ScannedDescriptor> descriptors) {
        if (descriptors.stream().allMatch(descriptor -> descriptor.extras().watched().isEmpty())) {
            return descriptors;
        }
        EpollTargets targets = new EpollTargets(pid, descriptors);
        return descriptors.stream().map(descriptor -> descriptor.extras().watched().isEmpty() ? descriptor : targets.narrowed(descriptor)).toList();
    }

    private ScannedDescriptor narrowed(ScannedDescriptor set) {
        return set.withExtras(set.extras().watching(set.extras().watched().stream().filter(watched -> isLost(set.fd(), watched)).toList()));
    }

    private boolean isLost(int set, Watched watched) {
        // Files, pipes and sockets are told by their inode. All anonymous inodes are one, and only the kernel can tell them apart.
        Long now = inodes.get(watched.fd());
        if (now != null && now == watched.inode() && !isAnonymous(watched)) {
            return false;
        }
        return descriptors.stream().filter(descriptor -> descriptor.description().inode() == watched.inode())
                .noneMatch(descriptor -> isWatched(descriptor.fd(), set, watched));
    }

    private boolean isAnonymous(Watched watched) {
        return descriptors.stream().anyMatch(descriptor -> descriptor.description().inode() == watched.inode()
                && descriptor.description().link().startsWith("anon_inode:"));
    }

    private boolean isWatched(int fd, int set, Watched watched) {
        try {
            return ProcessCalls.isWatched(pid, fd, set, watched.fd());
        } catch (LinuxException notAllowedOrGone) {
            return true; // nothing is known then, and the usual case is assumed
        }
    }
}
