package dev.thaw.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Descriptors to wait for, each for events of its own (man 2 poll); filled anew before each wait. One thread uses it. */
public final class PollSet {

    private static final FdLibrary C = new FdLibrary();

    private ByteBuffer structs = room(16);
    private int size;

    /** Takes all descriptors out. */
    public void clear() {
        size = 0;
    }

    /**
     * Adds a descriptor.
     *
     * @param events POLL* bits of {@link FdCalls}; POLLERR, POLLHUP and POLLNVAL are told in any case
     * @return its index for {@link #happened}
     */
    public int add(int fd, int events) {
        int at = size * FdCalls.POLLFD_BYTES;
        if (at == structs.capacity()) {
            structs = ByteBuffer.wrap(Arrays.copyOf(structs.array(), 2 * at)).order(ByteOrder.nativeOrder());
        }
        structs.putInt(at, fd).putShort(at + 4, (short) events).putShort(at + 6, (short) 0);
        return size++;
    }

    /**
     * Waits until something happens, the time has passed, or a signal came.
     *
     * @param timeoutMillis 0 does not wait, negative waits without limit
     */
    public void await(long timeoutMillis) {
        int millis = (int) Math.max(-1, Math.min(timeoutMillis, Integer.MAX_VALUE));
        int result = C.poll(structs.array(), size, millis);
        if (LibC.interrupted(result)) {
            // What is left in the structs is of no meaning then.
            for (int i = 0; i < size; i++) {
                structs.putShort(i * FdCalls.POLLFD_BYTES + 6, (short) 0);
            }
            return;
        }
        LibC.check(result, "poll(?, ?)", size, timeoutMillis);
    }

    /** What was the case at the end of the latest wait, POLL* bits. */
    public int happened(int index) {
        return structs.getShort(index * FdCalls.POLLFD_BYTES + 6);
    }

    private static ByteBuffer room(int count) {
        return ByteBuffer.allocate(count * FdCalls.POLLFD_BYTES).order(ByteOrder.nativeOrder());
    }
}
