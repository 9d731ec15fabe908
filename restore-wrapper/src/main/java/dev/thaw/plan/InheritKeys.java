package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import java.util.Optional;

/** The text that CRIU compares with the KEY of {@code --inherit-fd fd[N]:KEY}, per kind of file (criu/files.c, inherit_fd_lookup_id). */
public final class InheritKeys {
    private InheritKeys() {}

    /** @return empty for kinds without a key: inet and netlink sockets, eventfds, epoll sets and the like */
    public static Optional<String> of(FileImage file, ImageSnapshot image) {
        if (file instanceof FileImage.RegularFile regular) {
            return Optional.of(ofPath(regular.path()));
        }
        if (file instanceof FileImage.Fifo fifo) {
            return Optional.of(ofPath(fifo.file().path()));
        }
        if (file instanceof FileImage.PipeEnd pipe) {
            return Optional.of("pipe:[" + (pipe.pipeId() & 0xffff_ffffL) + "]");
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return Optional.of("socket:[" + (socket.inode() & 0xffff_ffffL) + "]");
        }
        if (file instanceof FileImage.Tty tty) {
            return image.tty(tty).map(info -> "tty[" + Long.toHexString(info.rdev()) + ":" + Long.toHexString(info.device()) + "]");
        }
        if (file instanceof FileImage.Memfd memfd) {
            return image.memfd(memfd).map(info -> "/memfd:" + info.name());
        }
        return Optional.empty();
    }

    /** A path key has no leading slash; an external's name has none to begin with (criu/files-reg.c, collect_one_regfile). */
    static String ofPath(String path) {
        if (!path.startsWith("/")) {
            return path;
        }
        return path.length() == 1 ? "." : path.substring(1);
    }
}
