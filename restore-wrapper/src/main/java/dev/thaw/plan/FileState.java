package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import java.util.Optional;

/** Whether CRIU could open a recorded path as it is now: its own checks of size and mode, foretold (criu/files-reg.c, validate_file). */
sealed interface FileState {
    /** For people. */
    String text();

    record Fits() implements FileState {
        @Override
        public String text() {
            return "unchanged";
        }
    }

    record Gone() implements FileState {
        @Override
        public String text() {
            return "it is not there any more";
        }
    }

    /** Something of another type stands there. */
    record OtherType(String now) implements FileState {
        @Override
        public String text() {
            return "there is a " + now + " now";
        }
    }

    /** Same type, but CRIU refuses it. */
    record Changed(String how) implements FileState {
        @Override
        public String text() {
            return how;
        }
    }

    static FileState of(FileImage.RegularFile file, Optional<FileStatus> now) {
        if (now.isEmpty()) {
            return new Gone();
        }
        FileStatus status = now.get();
        if (file.mode().isPresent() && (file.mode().getAsInt() & 0170000) != (status.mode() & 0170000)) {
            return new OtherType(typeName(status));
        }
        boolean appends = (file.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_WRONLY && (file.flags() & OpenFlags.O_APPEND) != 0;
        if (file.size().isPresent() && file.size().getAsLong() != status.size() && !appends) {
            return new Changed("its size was " + file.size().getAsLong() + " and is " + status.size());
        }
        if (file.mode().isPresent() && (file.mode().getAsInt() & 07777) != (status.mode() & 07777)) {
            return new Changed("its mode was %04o and is %04o".formatted(file.mode().getAsInt() & 07777, status.mode() & 07777));
        }
        return new Fits();
    }

    private static String typeName(FileStatus status) {
        if (status.isDirectory()) {
            return "directory";
        }
        if (status.isFifo()) {
            return "FIFO";
        }
        if (status.isSocket()) {
            return "socket";
        }
        return status.isRegular() ? "regular file" : "device";
    }
}
