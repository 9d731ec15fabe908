package dev.thaw.linux;

import com.sun.jna.Pointer;

/** The posix_spawn family (man 3 posix_spawn). These functions return the error number; errno is not set. */
final class SpawnLibrary {

    int posix_spawn(int[] pid, byte[] path, Pointer actions, Pointer attributes, Pointer argv, Pointer envp) {
        return CFunction.integer("posix_spawn", pid, path, actions, attributes, argv, envp);
    }

    int posix_spawn_file_actions_init(Pointer actions) {
        return CFunction.integer("posix_spawn_file_actions_init", actions);
    }

    int posix_spawn_file_actions_destroy(Pointer actions) {
        return CFunction.integer("posix_spawn_file_actions_destroy", actions);
    }

    int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to) {
        return CFunction.integer("posix_spawn_file_actions_adddup2", actions, from, to);
    }

    int posix_spawn_file_actions_addclose(Pointer actions, int fd) {
        return CFunction.integer("posix_spawn_file_actions_addclose", actions, fd);
    }

    int posix_spawn_file_actions_addopen(Pointer actions, int fd, byte[] path, int flags, int mode) {
        return CFunction.integer("posix_spawn_file_actions_addopen", actions, fd, path, flags, mode);
    }

    int posix_spawn_file_actions_addchdir_np(Pointer actions, byte[] path) { // glibc 2.29
        return CFunction.integer("posix_spawn_file_actions_addchdir_np", actions, path);
    }

    int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int first) { // glibc 2.34
        return CFunction.integer("posix_spawn_file_actions_addclosefrom_np", actions, first);
    }

    int posix_spawn_file_actions_addtcsetpgrp_np(Pointer actions, int fd) { // glibc 2.35
        return CFunction.integer("posix_spawn_file_actions_addtcsetpgrp_np", actions, fd);
    }

    int posix_spawnattr_init(Pointer attributes) {
        return CFunction.integer("posix_spawnattr_init", attributes);
    }

    int posix_spawnattr_destroy(Pointer attributes) {
        return CFunction.integer("posix_spawnattr_destroy", attributes);
    }

    int posix_spawnattr_setflags(Pointer attributes, short flags) {
        return CFunction.integer("posix_spawnattr_setflags", attributes, flags);
    }

    int posix_spawnattr_setsigmask(Pointer attributes, byte[] set) {
        return CFunction.integer("posix_spawnattr_setsigmask", attributes, set);
    }

    int posix_spawnattr_setsigdefault(Pointer attributes, byte[] set) {
        return CFunction.integer("posix_spawnattr_setsigdefault", attributes, set);
    }
}
