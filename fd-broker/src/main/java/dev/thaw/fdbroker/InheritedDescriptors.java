package dev.thaw.fdbroker;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.JvmDescriptors;

/** Which of this process's descriptors were there when it started, as opposed to those that the JVM and thaw opened. */
public final class InheritedDescriptors {
    private InheritedDescriptors() {}

    /**
     * Whether the caller gave us this descriptor. One that is close-on-exec was opened by us: had the caller's been, exec would have closed
     * it.
     */
    public static boolean contains(int fd) {
        return FdCalls.isPassedOn(fd) && !JvmDescriptors.numbers().contains(fd);
    }
}
