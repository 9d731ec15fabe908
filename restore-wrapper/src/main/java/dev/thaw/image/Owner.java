package dev.thaw.image;

/**
 * Who gets SIGIO of an open file description (man 2 fcntl, F_SETOWN; images/fown.proto).
 *
 * @param signal 0 for SIGIO itself
 * @param pidType as in the kernel's enum pid_type: 0 process, 1 thread group, 2 process group
 * @param pid 0 when nobody gets it
 */
public record Owner(int uid, int euid, int signal, int pidType, int pid) {

    public static final Owner NONE = new Owner(0, 0, 0, 0, 0);

    /** Whether somebody gets it. */
    public boolean isSet() {
        return pid != 0;
    }
}
