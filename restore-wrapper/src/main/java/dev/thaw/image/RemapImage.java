package dev.thaw.image;

/**
 * Why the recorded path of a file was not there any more when it was dumped (images/remap-file-path.proto).
 *
 * @param fileId id of the REGULAR entry
 * @param remapId by kind: the N of ghost-file-N.img, the id of the entry with the other name, a pid
 */
public record RemapImage(int fileId, int remapId, Kind kind) {

    public enum Kind {
        /** Deleted, but another hard link was left: criu linked it again under another name. */
        LINKED,
        /** Deleted: its content is in the image. */
        GHOST,
        /** Below /proc of a process that had ended. */
        PROCFS,
        /** Of a newer criu. */
        UNKNOWN
    }
}
