package dev.thaw.linux;

import com.sun.jna.Library;
import com.sun.jna.Pointer;

/**
 * The C library's functions on files by name and on their content.
 *
 * <p>Variadic functions are declared with fixed arguments here and in the sibling interfaces: both architectures pass integers alike.
 */
interface FileLibrary extends Library {

    int open(byte[] path, int flags, int mode); // open(2)

    int openat(int dirFd, byte[] path, int flags, int mode); // openat(2)

    long syscall(long number, long dirFd, byte[] path, byte[] how, long howBytes); // openat2(2)

    int statx(int dirFd, byte[] path, int flags, int mask, byte[] statx); // statx(2)

    int faccessat(int dirFd, byte[] path, int mode, int flags); // faccessat(2)

    long lseek(int fd, long offset, int whence); // lseek(2)

    long read(int fd, byte[] buffer, long count); // read(2)

    long pread(int fd, byte[] buffer, long count, long offset); // pread(2)

    long write(int fd, byte[] buffer, long count); // write(2)

    long readlink(byte[] path, byte[] buffer, long size); // readlink(2)

    int symlink(byte[] target, byte[] link); // symlink(2)

    int rename(byte[] from, byte[] to); // rename(2)

    int unlink(byte[] path); // unlink(2)

    int mkdir(byte[] path, int mode); // mkdir(2)

    int rmdir(byte[] path); // rmdir(2)

    int link(byte[] existing, byte[] link); // link(2)

    long getdents64(int fd, byte[] buffer, long size); // getdents64(2)

    int chmod(byte[] path, int mode); // chmod(2)

    int fchmod(int fd, int mode); // fchmod(2)

    int chown(byte[] path, int uid, int gid); // chown(2)

    int ftruncate(int fd, long length); // ftruncate(2)

    int fsync(int fd); // fsync(2)

    int mkfifo(byte[] path, int mode); // mkfifo(3)

    int flock(int fd, int operation); // flock(2)

    long getxattr(byte[] path, byte[] name, byte[] value, long size); // getxattr(2)

    int umask(int mask); // umask(2)

    int chdir(byte[] path); // chdir(2)

    Pointer getcwd(byte[] buffer, long size); // getcwd(3)
}
