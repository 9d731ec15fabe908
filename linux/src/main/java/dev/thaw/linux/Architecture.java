package dev.thaw.linux;

/**
 * What differs between the processors we run on: the only place with numbers per architecture.
 *
 * @param kcmp system call number of kcmp (asm/unistd.h)
 * @param byNumber calls of a program that is no JVM
 * @param directory O_DIRECTORY (asm/fcntl.h), and so on
 */
record Architecture(int kcmp, SystemCallNumbers byNumber, int directory, int noFollow, int direct, int largeFile) {

    static final Architecture X86_64 = new Architecture(312, new SystemCallNumbers(272, 308, 228, 302, 165, 112, 40), 0200000, 0400000, 040000, 0100000);
    static final Architecture AARCH64 = new Architecture(272, new SystemCallNumbers(97, 268, 113, 261, 40, 157, 71), 040000, 0100000, 0200000, 0400000);

    /** The one we run on. */
    static final Architecture CURRENT = of(System.getProperty("os.arch"));

    // System calls without a wrapper in glibc 2.34. Since Linux 5.x a new call has the same number everywhere.
    static final int PIDFD_SEND_SIGNAL = 424;
    static final int PIDFD_OPEN = 434;
    static final int OPENAT2 = 437;
    static final int PIDFD_GETFD = 438;

    static Architecture of(String name) {
        if (name.equals("amd64") || name.equals("x86_64")) {
            return X86_64;
        }
        if (name.equals("aarch64")) {
            return AARCH64;
        }
        throw new UnsupportedOperationException("thaw knows x86-64 and aarch64, not " + name);
    }
}
