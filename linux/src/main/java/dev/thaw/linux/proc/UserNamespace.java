package dev.thaw.linux.proc;

import dev.thaw.linux.FileCalls;

/** The user namespace of this process. */
public final class UserNamespace {
    /** PROC_USER_INIT_INO (linux/nsfs.h): the machine's own, the same since there are user namespaces. */
    private static final String INITIAL = "user:[4026531837]";

    private UserNamespace() {}

    /** Whether root here is root of the machine. In any other one, rights hold for what is inside only (man 7 user_namespaces). */
    public static boolean isInitial() {
        return FileCalls.lstatIfExists("/proc/self/ns/user").isEmpty() || FileCalls.readlink("/proc/self/ns/user").equals(INITIAL);
    }
}
