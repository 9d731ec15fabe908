package dev.thaw.supervise;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.util.Set;

/**
 * thaw's own descriptors for what it handed to the application. While thaw holds them, the reader of a pipe sees no end when the
 * application closes it, and a lock stays.
 */
public final class OwnStreams {
    private OwnStreams() {}

    /** Standard input and output become /dev/null; standard error stays, for messages. */
    static void letGo() {
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            FdCalls.dup2(nothing.number(), 0);
            FdCalls.dup2(nothing.number(), 1);
        }
    }

    /** Closes descriptors that the caller gave for the application. */
    public static void close(Set<Integer> numbers) {
        numbers.forEach(number -> OwnedFd.of(number).close());
    }
}
