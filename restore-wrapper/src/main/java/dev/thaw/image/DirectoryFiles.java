package dev.thaw.image;

import dev.thaw.image.ImageException.Kind;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnDirectory;
import dev.thaw.linux.OwnedFd;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** The files of a directory. Symbolic links are followed: an overlay consists of them. */
final class DirectoryFiles implements ImageFiles {

    /** More than any of the files read here can sensibly have; pages are not among them. */
    private static final long LIMIT_BYTES = 1L << 30;

    private final String directory;
    private final Optional<String> own;
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> read = new HashSet<>();
    private long readBytes;

    DirectoryFiles(String directory) {
        this.directory = directory;
        this.own = OwnDirectory.realPath(directory);
        try {
            for (String name : FileCalls.list(directory)) {
                if (name.endsWith(".img")) {
                    names.add(name);
                }
            }
        } catch (LinuxException e) {
            throw ImageException.unreadable(directory, e);
        }
    }

    @Override
    public String directory() {
        return directory;
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public long totalBytes() {
        long bytes = readBytes;
        for (String name : names) {
            // There can be tens of thousands, and mostly they have been read.
            bytes += read.contains(name) ? 0 : size(name);
        }
        return bytes;
    }

    @Override
    public long size(String name) {
        return FileCalls.statIfExists(path(name)).map(FileStatus::size).orElse(0L);
    }

    @Override
    public byte[] read(String name) {
        if (!has(name)) {
            throw ImageException.of(Kind.MISSING, name, "not in " + directory);
        }
        byte[] small = own.isPresent() ? FileCalls.readSmall(own.get() + "/" + name) : null;
        byte[] content = small == null ? readFile(path(name), name) : small;
        if (read.add(name)) {
            readBytes += content.length;
        }
        return content;
    }

    /** @param name what messages call the file */
    static byte[] readFile(String path, String name) {
        // O_NONBLOCK: a FIFO that somebody put there must not stop us.
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY)) {
            FileStatus status = FileCalls.fstat(fd.number());
            if (!status.isRegular()) {
                throw ImageException.corrupt(name, "not a regular file");
            }
            if (status.size() > LIMIT_BYTES) {
                throw ImageException.of(Kind.TOO_LARGE, name, status.size() + " bytes, at most " + LIMIT_BYTES + " are read");
            }
            byte[] content = new byte[(int) status.size()];
            for (int have = 0; have < content.length; ) {
                int count = FileCalls.read(fd.number(), content, have, content.length - have);
                if (count <= 0) {
                    throw ImageException.corrupt(name, have, "the file became shorter while it was read");
                }
                have += count;
            }
            return content;
        } catch (LinuxException e) {
            throw ImageException.unreadable(name, e);
        }
    }

    private String path(String name) {
        return directory + "/" + name;
    }
}
