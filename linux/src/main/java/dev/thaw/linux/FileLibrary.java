package dev.thaw.linux;

import com.sun.jna.Pointer;

/**
 * The C library's functions on files by name and on their content.
 *
 * <p>Variadic functions are declared with fixed arguments here and in the sibling interfaces: both architectures pass integers alike.
 */
final class FileLibrary {

    int open(byte[] path, int flags, int mode) { // open(2)
        return CFunction.integer("open", path, flags, mode);
    }

    int openat(int dirFd, byte[] path, int flags, int mode) { // openat(2)
        return CFunction.integer("openat", dirFd, path, flags, mode);
    }

    long syscall(long number, long dirFd, byte[] path, byte[] how, long howBytes) { // openat2(2)
        return CFunction.word("syscall", number, dirFd, path, how, howBytes);
    }

    int statx(int dirFd, byte[] path, int flags, int mask, byte[] statx) { // statx(2)
        return CFunction.integer("statx", dirFd, path, flags, mask, statx);
    }

    int faccessat(int dirFd, byte[] path, int mode, int flags) { // faccessat(2)
        return CFunction.integer("faccessat", dirFd, path, mode, flags);
    }

    long lseek(int fd, long offset, int whence) { // lseek(2)
        return CFunction.word("lseek", fd, offset, whence);
    }

    long read(int fd, byte[] buffer, long count) { // read(2)
        return CFunction.word("read", fd, buffer, count);
    }

    long pread(int fd, byte[] buffer, long count, long offset) { // pread(2)
        return CFunction.word("pread", fd, buffer, count, offset);
    }

    long sendfile(int to, int from, long offset, long count) { // sendfile(2)
        return CFunction.word("sendfile", to, from, offset, count);
    }

    long write(int fd, byte[] buffer, long count) { // write(2)
        return CFunction.word("write", fd, buffer, count);
    }

    long readlink(byte[] path, byte[] buffer, long size) { // readlink(2)
        return CFunction.word("readlink", path, buffer, size);
    }

    int symlink(byte[] target, byte[] link) { // symlink(2)
        return CFunction.integer("symlink", target, link);
    }

    int rename(byte[] from, byte[] to) { // rename(2)
        return CFunction.integer("rename", from, to);
    }

    int unlink(byte[] path) { // unlink(2)
        return CFunction.integer("unlink", path);
    }

    int mkdir(byte[] path, int mode) { // mkdir(2)
        return CFunction.integer("mkdir", path, mode);
    }

    int rmdir(byte[] path) { // rmdir(2)
        return CFunction.integer("rmdir", path);
    }

    int link(byte[] existing, byte[] link) { // link(2)
        return CFunction.integer("link", existing, link);
    }

    long getdents64(int fd, byte[] buffer, long size) { // getdents64(2)
        return CFunction.word("getdents64", fd, buffer, size);
    }

    int chmod(byte[] path, int mode) { // chmod(2)
        return CFunction.integer("chmod", path, mode);
    }

    int fchmod(int fd, int mode) { // fchmod(2)
        return CFunction.integer("fchmod", fd, mode);
    }

    int chown(byte[] path, int uid, int gid) { // chown(2)
        return CFunction.integer("chown", path, uid, gid);
    }

    int ftruncate(int fd, long length) { // ftruncate(2)
        return CFunction.integer("ftruncate", fd, length);
    }

    int fsync(int fd) { // fsync(2)
        return CFunction.integer("fsync", fd);
    }

    int mkfifo(byte[] path, int mode) { // mkfifo(3)
        return CFunction.integer("mkfifo", path, mode);
    }

    int flock(int fd, int operation) { // flock(2)
        return CFunction.integer("flock", fd, operation);
    }

    long getxattr(byte[] path, byte[] name, byte[] value, long size) { // getxattr(2)
        return CFunction.word("getxattr", path, name, value, size);
    }

    int umask(int mask) { // umask(2)
        return CFunction.integer("umask", mask);
    }

    int chdir(byte[] path) { // chdir(2)
        return CFunction.integer("chdir", path);
    }

    Pointer getcwd(byte[] buffer, long size) { // getcwd(3)
        return CFunction.pointer("getcwd", buffer, size);
    }
}
