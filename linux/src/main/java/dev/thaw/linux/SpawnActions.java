package dev.thaw.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/** A {@code posix_spawn_file_actions_t}: what the child does between its birth and exec, in order. */
final class SpawnActions implements AutoCloseable {

    /** At least the size of the C type: 80 bytes in glibc 2.36 on x86-64. */
    static final int BYTES = 512;

    private final Memory actions = new Memory(BYTES);

    SpawnActions() {
        check(PosixSpawn.C.posix_spawn_file_actions_init(actions), "init(actions)");
    }

    /** The copy is not close-on-exec. EBADF when {@code to} is not below RLIMIT_NOFILE. */
    void dup2(int from, int to) {
        check(PosixSpawn.C.posix_spawn_file_actions_adddup2(actions, from, to), "adddup2(actions, ?, ?)", from, to);
    }

    /** Closes the number; a number that is not open is no error. */
    void close(int fd) {
        check(PosixSpawn.C.posix_spawn_file_actions_addclose(actions, fd), "addclose(actions, ?)", fd);
    }

    void closeFrom(int first) {
        check(PosixSpawn.C.posix_spawn_file_actions_addclosefrom_np(actions, first), "addclosefrom_np(actions, ?)", first);
    }

    void chdir(String directory) {
        check(PosixSpawn.C.posix_spawn_file_actions_addchdir_np(actions, LibC.cString(directory)), "addchdir_np(actions, ?)", directory);
    }

    /** The child's process group gets the foreground of the terminal {@code fd}. */
    void takeForeground(int fd) {
        check(PosixSpawn.C.posix_spawn_file_actions_addtcsetpgrp_np(actions, fd), "addtcsetpgrp_np(actions, ?)", fd);
    }

    /**
     * Makes the terminal {@code fd} the controlling one of a session leader that has none: opening it without O_NOCTTY does that.
     *
     * @param spare a number that is not needed any more; it is closed
     */
    void takeTerminal(int fd, int spare) {
        String path = "/proc/self/fd/" + fd;
        check(PosixSpawn.C.posix_spawn_file_actions_addopen(actions, spare, LibC.cString(path), OpenFlags.O_RDWR, 0),
            "addopen(actions, ?, ?)", spare, path);
        close(spare);
    }

    Pointer pointer() {
        return actions;
    }

    @Override
    public void close() {
        PosixSpawn.C.posix_spawn_file_actions_destroy(actions);
        actions.close();
    }

    private static void check(int error, String action, Object... arguments) {
        if (error != 0) {
            throw LibC.failed(error, "posix_spawn_file_actions_" + action, arguments);
        }
    }
}
