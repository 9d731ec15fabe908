package dev.thaw.check.pid;

import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Descriptors in the order of their open file descriptions, which kcmp(2) gives: so that one is found without comparing it with all. */
final class DescriptionIndex {
    private final List<Ref> sorted = new ArrayList<>();

    DescriptionIndex(List<Ref> descriptors) {
        for (Ref descriptor : descriptors) {
            insert(descriptor);
        }
    }

    /** One of the descriptors that has the same description as this one; empty for none, or when the processes have gone. */
    Optional<Ref> find(int pid, int fd) {
        try {
            int at = position(new Ref(pid, fd));
            return at < 0 ? Optional.empty() : Optional.of(sorted.get(at));
        } catch (LinuxException goneOrNotAllowed) {
            return Optional.empty();
        }
    }

    private void insert(Ref descriptor) {
        try {
            int at = position(descriptor);
            if (at < 0) {
                sorted.add(-at - 1, descriptor);
            }
        } catch (LinuxException closedMeanwhile) {
            return;
        }
    }

    /** As {@link java.util.Collections#binarySearch}. */
    private int position(Ref wanted) {
        int low = 0;
        int high = sorted.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Ref there = sorted.get(middle);
            int order = ProcessCalls.kcmpFile(there.pid(), there.fd(), wanted.pid(), wanted.fd());
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }
}
