package dev.thaw.linux.proc;

/** What a link in /proc says, such as {@code fd/N} and {@code exe}, and the end of a line in {@code maps}. */
public final class ProcLink {
    private static final String DELETED = " (deleted)";

    private ProcLink() {}

    /** Whether the kernel marks the name as gone. A file may have a name that ends so: where that matters, a look at the inode decides. */
    public static boolean isDeleted(String link) {
        return link.endsWith(DELETED);
    }

    /** Without the mark of a name that is gone. */
    public static String path(String link) {
        return isDeleted(link) ? link.substring(0, link.length() - DELETED.length()) : link;
    }
}
