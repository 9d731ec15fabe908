package dev.thaw.image;

/**
 * One file lock (images/file-lock.proto).
 *
 * @param kind 1 POSIX, 2 flock, 4 open file description, 8 lease (criu/include/file-lock.h)
 * @param type F_RDLCK 0, F_WRLCK 1, F_UNLCK 2 for POSIX locks; LOCK_SH 1, LOCK_EX 2 for flock
 * @param pid who holds it
 * @param fd of that process
 * @param start bytes
 * @param length bytes; 0 to the end of the file
 */
public record FileLockImage(int kind, int type, int pid, int fd, long start, long length) {
}
