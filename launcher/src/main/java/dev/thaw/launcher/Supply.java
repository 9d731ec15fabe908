package dev.thaw.launcher;

import dev.thaw.fdbroker.Source;

/** How one descriptor of the child comes about. */
public sealed interface Supply {

    /** The same open file description as the caller's descriptor {@code number}. */
    record Callers(int number) implements Supply {}

    /**
     * As {@link Callers}, with O_APPEND set on the description. A file that grows after a checkpoint can be restored only if it was
     * written with O_APPEND. The description stays the caller's: a second one would write at an offset of its own, over what others write.
     */
    record CallersAppending(int number) implements Supply {}

    /**
     * A source to open.
     *
     * @param access O_RDONLY, O_WRONLY or O_RDWR, for a source that leaves it open
     */
    record Opened(Source source, int access) implements Supply {}

    /**
     * A path to open.
     *
     * @param flags O_* of open(2)
     * @param asked the option that it is for, as it was written
     */
    record OpenedPath(String path, int flags, String asked) implements Supply {}

    /** The same open file description as the child's descriptor {@code number}. */
    record SameAs(int number) implements Supply {}

    /** The program's side of a fresh pseudo-terminal, one for all descriptors that ask for it. */
    record Terminal() implements Supply {}
}
