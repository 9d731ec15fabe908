package dev.thaw.linux;

import com.sun.jna.Library;
import com.sun.jna.Pointer;

/** The posix_spawn family (man 3 posix_spawn). These functions return the error number; errno is not set. */
interface SpawnLibrary extends Library {

    int posix_spawn(int[] pid, byte[] path, Pointer actions, Pointer attributes, Pointer argv, Pointer envp);

    int posix_spawn_file_actions_init(Pointer actions);

    int posix_spawn_file_actions_destroy(Pointer actions);

    int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

    int posix_spawn_file_actions_addclose(Pointer actions, int fd);

    int posix_spawn_file_actions_addopen(Pointer actions, int fd, byte[] path, int flags, int mode);

    int posix_spawn_file_actions_addchdir_np(Pointer actions, byte[] path); // glibc 2.29

    int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int first); // glibc 2.34

    int posix_spawn_file_actions_addtcsetpgrp_np(Pointer actions, int fd); // glibc 2.35

    int posix_spawnattr_init(Pointer attributes);

    int posix_spawnattr_destroy(Pointer attributes);

    int posix_spawnattr_setflags(Pointer attributes, short flags);

    int posix_spawnattr_setsigmask(Pointer attributes, byte[] set);

    int posix_spawnattr_setsigdefault(Pointer attributes, byte[] set);
}
