package dev.thaw.linux;

import static dev.thaw.linux.LibC.cString;
import static dev.thaw.linux.LibC.check;
import static dev.thaw.linux.LibC.interrupted;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * System calls on files. Paths are {@link KernelString}s; every method throws {@link LinuxException} with the error number of its man page.
 *
 * <p>A path with NUL inside is an {@link IllegalArgumentException}.
 */
public final class FileCalls {

    /** Stands for the working directory where a directory descriptor is asked for. */
    public static final int AT_FDCWD = -100;

    public static final int SEEK_SET = 0;
    public static final int SEEK_CUR = 1;
    public static final int SEEK_END = 2;

    public static final int LOCK_SH = 1;
    public static final int LOCK_EX = 2;
    public static final int LOCK_NB = 4;
    public static final int LOCK_UN = 8;

    /** Do not cross a mount point. */
    public static final long RESOLVE_NO_XDEV = 0x01;
    /** Do not follow links such as {@code /proc/PID/fd/N}. */
    public static final long RESOLVE_NO_MAGICLINKS = 0x02;
    /** Follow no symbolic link at all. */
    public static final long RESOLVE_NO_SYMLINKS = 0x04;
    /** Stay below the directory; escaping is EXDEV. */
    public static final long RESOLVE_BENEATH = 0x08;
    /** Take the directory for the root. */
    public static final long RESOLVE_IN_ROOT = 0x10;

    static final int OPEN_HOW_BYTES = 24;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EACCESS = 0x200;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_STATX_DONT_SYNC = 0x4000;
    private static final int X_OK = 1;
    private static final int FIRST_CHUNK_BYTES = 1024;
    private static final int CHUNK_BYTES = 16 * 1024;

    private static final FileLibrary C = new FileLibrary();

    private FileCalls() {
    }

    /**
     * Opens a file; O_CLOEXEC is added. Opening a FIFO without O_NONBLOCK waits for the other end (man 2 open).
     *
     * @param mode permissions of a new file, reduced by the umask; without O_CREAT or O_TMPFILE it is not used
     * @return owned by the caller
     */
    public static OwnedFd open(String path, int flags, int mode) {
        int fd;
        do {
            fd = C.open(cString(path), flags | OpenFlags.O_CLOEXEC, mode);
        } while (interrupted(fd));
        check(fd, "open(?, ?)", path, OpenFlags.named(flags));
        return OwnedFd.of(fd);
    }

    /** As {@link #open(String, int, int)}; a file that O_CREAT makes is for its owner only (0600). */
    public static OwnedFd open(String path, int flags) {
        return open(path, flags, 0600);
    }

    /**
     * As {@link #open(String, int, int)}, a relative path starting at the directory {@code dirFd} or at {@link #AT_FDCWD} (man 2 openat).
     */
    public static OwnedFd openat(int dirFd, String path, int flags, int mode) {
        int fd;
        do {
            fd = C.openat(dirFd, cString(path), flags | OpenFlags.O_CLOEXEC, mode);
        } while (interrupted(fd));
        check(fd, "openat(?, ?, ?)", dirFd, path, OpenFlags.named(flags));
        return OwnedFd.of(fd);
    }

    /**
     * As {@link #openat}, with limits on how the path is resolved (man 2 openat2, Linux 5.6).
     *
     * @param mode must be 0 unless a file is to be made, else EINVAL
     * @param resolve RESOLVE_* bits; EXDEV when the path leaves the directory, ELOOP for a forbidden link, EAGAIN when a rename raced: try
     *     again
     */
    public static OwnedFd openat2(int dirFd, String path, int flags, int mode, long resolve) {
        byte[] how = new byte[OPEN_HOW_BYTES];
        ByteBuffer.wrap(how).order(ByteOrder.nativeOrder()).putLong(flags | OpenFlags.O_CLOEXEC).putLong(mode).putLong(resolve);
        long fd;
        do {
            fd = C.syscall(Architecture.OPENAT2, dirFd, cString(path), how, how.length);
        } while (interrupted(fd));
        check(fd, "openat2(?, ?, ?, ?)", dirFd, path, OpenFlags.named(flags), LibC.hex(resolve));
        return OwnedFd.of((int) fd);
    }

    /** Status of an open file, O_PATH descriptors included (man 2 statx). */
    public static FileStatus fstat(int fd) {
        byte[] struct = new byte[FileStatus.STATX_BYTES];
        check(statx(fd, "", AT_EMPTY_PATH, struct), "statx(?)", fd);
        return FileStatus.ofStatx(struct);
    }

    /** As {@link #fstat}, but of what the kernel knows by itself: the server of a network or FUSE file system is not asked, who may be slow. */
    public static FileStatus fstatAtHand(int fd) {
        byte[] struct = new byte[FileStatus.STATX_BYTES];
        check(statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, struct), "statx(?)", fd);
        return FileStatus.ofStatx(struct);
    }

    /** Status of the file that the path leads to (man 2 statx). */
    public static FileStatus stat(String path) {
        return status(path, AT_NO_AUTOMOUNT);
    }

    /** Status of what the path names, a symbolic link itself included (man 2 statx). */
    public static FileStatus lstat(String path) {
        return status(path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW);
    }

    /** As {@link #stat}; empty on ENOENT and ENOTDIR, every other error is thrown. */
    public static Optional<FileStatus> statIfExists(String path) {
        return statusIfExists(path, AT_NO_AUTOMOUNT);
    }

    /** As {@link #lstat}; empty on ENOENT and ENOTDIR, every other error is thrown. */
    public static Optional<FileStatus> lstatIfExists(String path) {
        return statusIfExists(path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW);
    }

    /** Whether our effective ids may execute (a directory: enter) it; false for any reason (man 2 faccessat). */
    public static boolean isExecutable(String path) {
        return C.faccessat(AT_FDCWD, cString(path), X_OK, AT_EACCESS) == 0;
    }

    /**
     * Moves the offset of the open file description and returns the new one, bytes; ESPIPE for a pipe, socket or terminal (man 2 lseek).
     */
    public static long lseek(int fd, long offset, int whence) {
        long position = C.lseek(fd, offset, whence);
        check(position, "lseek(?, ?, ?)", fd, offset, whence);
        return position;
    }

    /** Reads at most {@code len} bytes; 0 is the end of the file, EAGAIN an empty O_NONBLOCK pipe (man 2 read). */
    public static int read(int fd, byte[] b, int off, int len) {
        byte[] target = window(b, off, len);
        long count;
        do {
            count = C.read(fd, target, len);
        } while (interrupted(count));
        check(count, "read(?, ?)", fd, len);
        copyBack(target, b, off, (int) count);
        return (int) count;
    }

    /** As {@link #read}, from the offset {@code pos}, without moving the description's own (man 2 pread). */
    public static int pread(int fd, byte[] b, int off, int len, long pos) {
        byte[] target = window(b, off, len);
        long count;
        do {
            count = C.pread(fd, target, len, pos);
        } while (interrupted(count));
        check(count, "pread(?, ?, ?)", fd, len, pos);
        copyBack(target, b, off, (int) count);
        return (int) count;
    }

    /**
     * Hands at most {@code count} bytes of a file, from the offset of its description on, to another descriptor, and returns how many: 0 is the end of the
     * file. What is read is not copied, where the target does not need it (man 2 sendfile).
     */
    public static long sendfile(int to, int from, long count) {
        long sent;
        do {
            sent = C.sendfile(to, from, 0, count);
        } while (interrupted(sent));
        check(sent, "sendfile(?, ?, ?)", to, from, count);
        return sent;
    }

    /**
     * Writes at most {@code len} bytes and returns how many (man 2 write). EPIPE for a pipe that nobody reads: the JVM ignores SIGPIPE.
     */
    public static int write(int fd, byte[] b, int off, int len) {
        Objects.checkFromIndexSize(off, len, b.length);
        byte[] source = off == 0 ? b : Arrays.copyOfRange(b, off, off + len);
        long count;
        do {
            count = C.write(fd, source, len);
        } while (interrupted(count));
        check(count, "write(?, ?)", fd, len);
        return (int) count;
    }

    /** Writes all of {@code b}; on EAGAIN from an O_NONBLOCK descriptor some of it may have been written. */
    public static void writeFully(int fd, byte[] b) {
        for (int done = 0; done < b.length; ) {
            done += write(fd, b, done, b.length - done);
        }
    }

    /** The whole file, for a file of a size one can hold in memory. */
    public static byte[] readAll(String path) {
        return readAll(path, Integer.MAX_VALUE);
    }

    /** As {@link #readAll(String)}; EFBIG when there are more than {@code limitBytes}. */
    public static byte[] readAll(String path, int limitBytes) {
        try (OwnedFd file = open(path, OpenFlags.O_RDONLY)) {
            byte[] content = drain(file.number(), limitBytes);
            if (content.length > limitBytes) {
                throw LibC.failed(Errno.EFBIG, "read(?, ?)", path, limitBytes);
            }
            return content;
        }
    }

    /** Everything from the current offset to the end of the file; of a pipe, until the last writer is gone. */
    public static byte[] readAll(int fd) {
        return drain(fd, Integer.MAX_VALUE);
    }

    /** As {@link #readAll(String)}, for a file of /proc: short, its path in ASCII, and read by the hundred. */
    public static byte[] readProc(String path) {
        byte[] content = QuickRead.all(path);
        return content == null ? readAll(path) : content;
    }

    /**
     * A regular file of at most 8 KiB, as there are by the ten thousand, in a directory where nobody else can put a FIFO in its place meanwhile
     * ({@link OwnDirectory}): opening that would wait. Links are not followed.
     *
     * @return null when it is none, or cannot be read, for whatever reason
     */
    public static byte[] readSmall(String path) {
        if (!KernelString.isAscii(path)) {
            return null;
        }
        try {
            FileStatus status = lstat(path);
            boolean isSmall = status.isRegular() && status.size() <= QuickRead.SMALL_BYTES;
            return isSmall ? QuickRead.first((int) status.size(), path) : null;
        } catch (LinuxException e) {
            return null;
        }
    }

    /**
     * As {@link #readProc}, for a file with one record, such as {@code fdinfo/N}: of that the kernel gives as much as is asked
     * for, so a short read is the last one, and no other has to find the end (fs/seq_file.c, seq_read_iter).
     */
    public static byte[] readRecord(String path) {
        byte[] record = QuickRead.record(path);
        if (record != null) {
            return record;
        }
        try (OwnedFd file = open(path, OpenFlags.O_RDONLY)) {
            byte[] chunk = new byte[FIRST_CHUNK_BYTES];
            int count = read(file.number(), chunk, 0, chunk.length);
            if (count < chunk.length) {
                return Arrays.copyOf(chunk, count);
            }
            byte[] rest = drain(file.number(), Integer.MAX_VALUE);
            byte[] all = Arrays.copyOf(chunk, count + rest.length);
            System.arraycopy(rest, 0, all, count, rest.length);
            return all;
        }
    }

    /** Replaces the content of a file, which is made when absent; not atomic. ELOOP when the name is a symbolic link. */
    public static void writeFile(String path, byte[] content, int mode) {
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_NOFOLLOW;
        try (OwnedFd file = open(path, flags, mode)) {
            writeFully(file.number(), content);
        }
    }

    /** Where a symbolic link points; EINVAL when it is none (man 2 readlink). */
    public static String readlink(String path) {
        for (byte[] buffer = new byte[512]; ; buffer = new byte[buffer.length * 4]) {
            long length = C.readlink(cString(path), buffer, buffer.length);
            check(length, "readlink(?)", path);
            if (length < buffer.length) {
                return KernelString.decode(buffer, 0, (int) length);
            }
        }
    }

    /** Makes {@code link} point to the text {@code target}; EEXIST when the name is taken (man 2 symlink). */
    public static void symlink(String target, String link) {
        check(C.symlink(cString(target), cString(link)), "symlink(?, ?)", target, link);
    }

    /** Renames, replacing {@code to} in one step; EXDEV across mounts (man 2 rename). */
    public static void rename(String from, String to) {
        check(C.rename(cString(from), cString(to)), "rename(?, ?)", from, to);
    }

    /** Removes a name; EISDIR for a directory (man 2 unlink). */
    public static void unlink(String path) {
        check(C.unlink(cString(path)), "unlink(?)", path);
    }

    /** Makes a directory, permissions reduced by the umask; EEXIST when the name is taken (man 2 mkdir). */
    public static void mkdir(String path, int mode) {
        check(C.mkdir(cString(path), mode), "mkdir(?)", path);
    }

    /** Removes an empty directory; ENOTEMPTY, EBUSY for a mount point (man 2 rmdir). */
    public static void rmdir(String path) {
        check(C.rmdir(cString(path)), "rmdir(?)", path);
    }

    /** Gives a file a second name; a symbolic link is not followed (man 2 link). */
    public static void link(String existing, String link) {
        check(C.link(cString(existing), cString(link)), "link(?, ?)", existing, link);
    }

    /** Names in a directory, without {@code .} and {@code ..}, sorted by char (man 2 getdents64). */
    public static List<String> list(String dir) {
        List<String> names = new ArrayList<>();
        byte[] buffer = new byte[CHUNK_BYTES];
        try (OwnedFd open = open(dir, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            long filled;
            do {
                filled = C.getdents64(open.number(), buffer, buffer.length);
                check(filled, "getdents64(?)", dir);
                DirectoryEntries.addNames(buffer, (int) filled, names);
            } while (filled > 0);
        }
        Collections.sort(names);
        return names;
    }

    /** Sets the permission bits, at most 07777 (man 2 chmod). */
    public static void chmod(String path, int mode) {
        check(C.chmod(cString(path), mode), "chmod(?)", path);
    }

    /** As {@link #chmod}, of an open file; EBADF for an O_PATH descriptor (man 2 fchmod). */
    public static void fchmod(int fd, int mode) {
        check(C.fchmod(fd, mode), "fchmod(?)", fd);
    }

    /** Sets owner and group, -1 leaves one as it is; follows links (man 2 chown). */
    public static void chown(String path, int uid, int gid) {
        check(C.chown(cString(path), uid, gid), "chown(?, ?, ?)", path, uid, gid);
    }

    /** Cuts or extends an open file to {@code length} bytes (man 2 ftruncate). */
    public static void ftruncate(int fd, long length) {
        int result;
        do {
            result = C.ftruncate(fd, length);
        } while (interrupted(result));
        check(result, "ftruncate(?, ?)", fd, length);
    }

    /** Waits until content and status are on the disk; for a directory, its names (man 2 fsync). */
    public static void fsync(int fd) {
        int result;
        do {
            result = C.fsync(fd);
        } while (interrupted(result));
        check(result, "fsync(?)", fd);
    }

    /** Makes a named pipe, permissions reduced by the umask (man 3 mkfifo). */
    public static void mkfifo(String path, int mode) {
        check(C.mkfifo(cString(path), mode), "mkfifo(?)", path);
    }

    /** Locks the open file description; EAGAIN with LOCK_NB when somebody else holds it, else waits without limit (man 2 flock). */
    public static void flock(int fd, int operation) {
        int result;
        do {
            result = C.flock(fd, operation);
        } while (interrupted(result));
        check(result, "flock(?, ?)", fd, operation);
    }

    /** Sets the mask of permissions that new files do not get, for the whole process, and returns the one before (man 2 umask). */
    public static int umask(int mask) {
        return C.umask(mask);
    }

    /**
     * Changes the working directory of the whole process. java.io and java.nio do not notice: they remember the first one (man 2 chdir).
     */
    public static void chdir(String path) {
        check(C.chdir(cString(path)), "chdir(?)", path);
    }

    /** The working directory; ENOENT when it was removed (man 3 getcwd). */
    public static String getcwd() {
        byte[] buffer = new byte[4096];
        if (C.getcwd(buffer, buffer.length) == null) {
            throw LibC.failed("getcwd()");
        }
        return LibC.fromBuffer(buffer);
    }

    private static FileStatus status(String path, int flags) {
        byte[] struct = new byte[FileStatus.STATX_BYTES];
        check(statx(AT_FDCWD, path, flags, struct), "statx(?)", path);
        return FileStatus.ofStatx(struct);
    }

    private static Optional<FileStatus> statusIfExists(String path, int flags) {
        byte[] struct = new byte[FileStatus.STATX_BYTES];
        int result = statx(AT_FDCWD, path, flags, struct);
        if (result < 0 && (LibC.errno() == Errno.ENOENT || LibC.errno() == Errno.ENOTDIR)) {
            return Optional.empty();
        }
        check(result, "statx(?)", path);
        return Optional.of(FileStatus.ofStatx(struct));
    }

    private static int statx(int dirFd, String path, int flags, byte[] struct) {
        int result;
        do {
            result = C.statx(dirFd, cString(path), flags, FileStatus.STATX_BASIC_STATS | FileStatus.STATX_MNT_ID, struct);
        } while (interrupted(result));
        return result;
    }

    /** Reads to the end, or until there is more than the limit. */
    private static byte[] drain(int fd, int limitBytes) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        // Small first: a call copies the whole array there and back, and most files of /proc are short.
        byte[] chunk = new byte[FIRST_CHUNK_BYTES];
        int count;
        while (content.size() <= limitBytes && (count = read(fd, chunk, 0, chunk.length)) > 0) {
            content.write(chunk, 0, count);
            if (count == chunk.length && chunk.length < CHUNK_BYTES) {
                chunk = new byte[CHUNK_BYTES];
            }
        }
        return content.toByteArray();
    }

    private static byte[] window(byte[] b, int off, int len) {
        Objects.checkFromIndexSize(off, len, b.length);
        return off == 0 ? b : new byte[len];
    }

    private static void copyBack(byte[] target, byte[] b, int off, int count) {
        if (target != b) {
            System.arraycopy(target, 0, b, off, count);
        }
    }
}
