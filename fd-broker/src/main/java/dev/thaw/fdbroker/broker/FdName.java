package dev.thaw.fdbroker.broker;

import dev.thaw.linux.KernelString;

/**
 * The name of a descriptor at the broker; by convention {@code kind:what}, such as {@code listener:shop} or {@code pipe:shop-log}.
 *
 * @param text 1 to 255 bytes as in {@link KernelString}, none of them a control character
 */
public record FdName(String text) implements Comparable<FdName> {
    public static final int MAX_BYTES = 255;

    private static final String READ_END = ":read";
    private static final String WRITE_END = ":write";

    /** @throws IllegalArgumentException with a text for the user */
    public FdName {
        int length = KernelString.encode(text).length;
        if (length == 0 || length > MAX_BYTES) {
            throw new IllegalArgumentException("a name has 1 to " + MAX_BYTES + " bytes, this one " + length);
        }
        if (text.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            throw new IllegalArgumentException("'" + KernelString.printable(text) + "' has a control character, which no name may have");
        }
    }

    /** The name under which the read end of a pipe of this name is kept. */
    public FdName readEnd() {
        return new FdName(text + READ_END);
    }

    /** The name under which the write end of a pipe of this name is kept. */
    public FdName writeEnd() {
        return new FdName(text + WRITE_END);
    }

    /** The order in which the broker lists names. */
    @Override
    public int compareTo(FdName other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
