package dev.thaw.image;

import dev.thaw.linux.Errno;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;

/** An image cannot be used; the message names the file, the byte where that is known, and the reason. */
public final class ImageException extends RuntimeException {

    private static final long NO_OFFSET = -1;

    /** What is wrong, for exit codes and advice. */
    public enum Kind {
        /** The bytes are not what criu writes. */
        CORRUPT,
        /** A file or directory that must be there is not. */
        MISSING,
        /** A checkpoint that never ended. */
        INCOMPLETE,
        /** The kernel would not let us read it. */
        UNREADABLE,
        /** Well-formed, but of a version that thaw does not know. */
        UNSUPPORTED,
        /** Somebody else could have written it. */
        UNTRUSTED,
        /** It does not fit into memory. */
        TOO_LARGE
    }

    private final Kind kind;
    private final String file;
    private final long offset;
    private final String state;

    private ImageException(Kind kind, String file, long offset, String state, String reason, Throwable cause) {
        super(reason, cause);
        this.kind = kind;
        this.file = file;
        this.offset = offset;
        this.state = state;
    }

    /** @param offset bytes from the start of the file */
    public static ImageException corrupt(String file, long offset, String reason) {
        return new ImageException(Kind.CORRUPT, file, offset, "corrupt", reason, null);
    }

    /** A file that is wrong as a whole. */
    public static ImageException corrupt(String file, String reason) {
        return of(Kind.CORRUPT, file, reason);
    }

    /** An entry that ends before its content does. */
    static ImageException truncated(String file, long offset, String detail) {
        return new ImageException(Kind.CORRUPT, file, offset, "truncated", detail, null);
    }

    /** Of the kinds that concern no byte in particular. */
    public static ImageException of(Kind kind, String file, String reason) {
        return new ImageException(kind, file, NO_OFFSET, "", reason, null);
    }

    /** MISSING for ENOENT, UNREADABLE for every other error. */
    public static ImageException unreadable(String file, LinuxException failure) {
        Kind kind = failure.is(Errno.ENOENT) ? Kind.MISSING : Kind.UNREADABLE;
        return new ImageException(kind, file, NO_OFFSET, "", failure.getMessage(), failure);
    }

    public Kind kind() {
        return kind;
    }

    /** The name of the file in its directory, or a path where a whole directory is meant; a KernelString. */
    public String file() {
        return file;
    }

    /** Bytes from the start of the file; -1 when the file as a whole is meant. */
    public long offset() {
        return offset;
    }

    /** The message without the file and the byte. */
    public String reason() {
        return super.getMessage();
    }

    @Override
    public String getMessage() {
        String at = offset == NO_OFFSET ? "" : state + " at byte " + offset + ": ";
        return KernelString.printable(file) + ": " + at + super.getMessage();
    }
}
