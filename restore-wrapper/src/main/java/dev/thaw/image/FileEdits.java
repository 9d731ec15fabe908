package dev.thaw.image;

import java.util.List;
import java.util.Set;

/**
 * Changes to files.img.
 *
 * @param added entries behind all others
 * @param dropped entries that are left out. An entry that no descriptor refers to any more has to be, unless it is REGULAR: criu dies of a
 *     pipe without descriptors (criu/files.c, file_master), looks for the other end of a terminal, and makes a socket again
 * @param callbackSockets UNIX_SOCKET entries that criu must not try to fill with a peer of its own: without this a datagram or half-closed
 *     socket that is inherited hangs criu (criu/sk-unix.c, USK_CALLBACK)
 */
public record FileEdits(List<Added> added, Set<FileId> dropped, Set<FileId> callbackSockets) {

    public static final FileEdits NONE = new FileEdits(List.of(), Set.of(), Set.of());

    /**
     * A REGULAR entry that exists only to be inherited: without size and mode, so that criu has nothing to compare.
     *
     * @param id larger than {@link ImageSnapshot#largestFileId()}, unsigned
     * @param flags open flags, which are not applied to an inherited file
     * @param path with a leading slash; the key of {@code --inherit-fd} is the path without it
     */
    public record Added(int id, int flags, String path) {

        public Added {
            if (!path.startsWith("/") || path.indexOf(0) >= 0) {
                throw new IllegalArgumentException("not an absolute path: " + path);
            }
        }

        public FileId fileId() {
            return new FileId(FdType.REGULAR, id);
        }

        /** What {@code --inherit-fd fd[N]:} has to be followed by. */
        public String key() {
            return path.substring(1);
        }
    }

    public FileEdits {
        added = List.copyOf(added);
        dropped = Set.copyOf(dropped);
        callbackSockets = Set.copyOf(callbackSockets);
    }

    public boolean isEmpty() {
        return added.isEmpty() && dropped.isEmpty() && callbackSockets.isEmpty();
    }
}
