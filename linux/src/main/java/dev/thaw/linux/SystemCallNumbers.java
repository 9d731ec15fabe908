package dev.thaw.linux;

/** Numbers of system calls, of this processor (asm/unistd.h), for a program that knows no names of them. */
public record SystemCallNumbers(int unshare, int setns, int clockGettime, int prlimit, int mount, int setsid, int sendfile) {
    /** CLONE_NEWTIME (linux/sched.h). */
    public static final int CLONE_NEWTIME = 0x80;

    public static SystemCallNumbers here() {
        return Architecture.CURRENT.byNumber();
    }
}
