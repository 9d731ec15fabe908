package dev.thaw.linux;

import static dev.thaw.linux.LibC.cString;
import static dev.thaw.linux.LibC.check;

import com.sun.jna.Pointer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** System calls on processes. To start one with descriptors, see {@link PosixSpawn}. */
public final class ProcessCalls {

    /** RLIM_INFINITY. */
    public static final long UNLIMITED = -1;

    /** The filesystem attributes (root, working directory, umask) of the calling thread become its own; needed before a mount namespace. */
    public static final int CLONE_FS = 0x00000200;
    public static final int CLONE_NEWNS = 0x00020000;
    public static final int CLONE_NEWCGROUP = 0x02000000;
    public static final int CLONE_NEWUTS = 0x04000000;
    public static final int CLONE_NEWIPC = 0x08000000;
    public static final int CLONE_NEWUSER = 0x10000000;
    public static final int CLONE_NEWPID = 0x20000000;
    public static final int CLONE_NEWNET = 0x40000000;

    public static final long MS_RDONLY = 0x1;
    public static final long MS_REMOUNT = 0x20;
    public static final long MS_BIND = 0x1000;
    public static final long MS_REC = 0x4000;
    public static final long MS_PRIVATE = 0x40000;
    public static final long MS_SLAVE = 0x80000;
    public static final int MNT_DETACH = 2;
    public static final int UMOUNT_NOFOLLOW = 8;

    static final ProcessLibrary C = new ProcessLibrary();
    /** A JVM does not fork into another JVM. */
    private static final int PID = C.getpid();

    static final int RLIMIT_NOFILE = 7;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int PR_GET_CHILD_SUBREAPER = 37;
    private static final int KCMP_FILE = 0;
    private static final int KCMP_EPOLL_TFD = 7;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SC_CLK_TCK = 2;
    private static final Pointer SIG_DFL = Pointer.NULL;
    private static final Pointer SIG_IGN = Pointer.createConstant(1);

    private ProcessCalls() {
    }

    /**
     * A resource limit; {@link #UNLIMITED} is no limit.
     *
     * @param soft what is enforced
     * @param hard how far the process may raise it
     */
    public record Limit(long soft, long hard) {
    }

    /** Our environment as the kernel gave it to us, {@code KEY=VALUE}, in its order and without loss (man 7 environ). */
    public static List<String> environment() {
        Pointer table = LibC.library().getGlobalVariableAddress("environ").getPointer(0);
        List<String> entries = new ArrayList<>();
        for (long at = 0; table != null && table.getPointer(at) != null; at += 8) {
            Pointer entry = table.getPointer(at);
            entries.add(KernelString.decode(entry.getByteArray(0, (int) entry.indexOf(0, (byte) 0))));
        }
        return entries;
    }

    public static int getpid() {
        return PID;
    }

    /** Effective user id. */
    public static int geteuid() {
        return C.geteuid();
    }

    /** Real user id. */
    public static int getuid() {
        return C.getuid();
    }

    /** Real group id. */
    public static int getgid() {
        return C.getgid();
    }

    /** Effective group id. */
    public static int getegid() {
        return C.getegid();
    }

    /** Signals a process, or the group {@code -pid}; ESRCH when there is none, EPERM when it is not ours to signal (man 2 kill). */
    public static void kill(int pid, int signal) {
        check(C.kill(pid, signal), "kill(?, ?)", pid, LibC.word(Signals.name(signal)));
    }

    /** Whether the pid is taken, by a zombie too. */
    public static boolean exists(int pid) {
        return C.kill(pid, 0) == 0 || LibC.errno() == Errno.EPERM;
    }

    /**
     * A descriptor for a process, readable once it has ended; owned by the caller. ESRCH when there is none (man 2 pidfd_open, Linux 5.3).
     */
    public static OwnedFd pidfdOpen(int pid) {
        long fd = C.syscall(Architecture.PIDFD_OPEN, pid, 0, 0, 0, 0);
        check(fd, "pidfd_open(?)", pid);
        return OwnedFd.of((int) fd);
    }

    /** Signals the process behind a pidfd, never another one that got its pid later; ESRCH when it has ended (man 2 pidfd_send_signal). */
    public static void pidfdSendSignal(int pidfd, int signal) {
        long result = C.syscall(Architecture.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0, 0);
        check(result, "pidfd_send_signal(?, ?)", pidfd, LibC.word(Signals.name(signal)));
    }

    /**
     * Waits for a child to end and reaps it (man 2 waitid). Not for children that java.lang.Process started.
     *
     * @param noHang whether to return empty at once when it still runs
     * @throws LinuxException ECHILD when it is no child of ours, or was reaped
     */
    public static Optional<WaitStatus> waitPid(int pid, boolean noHang) {
        return ChildWait.status(pid, ChildWait.WEXITED | (noHang ? ChildWait.WNOHANG : 0));
    }

    /** As {@link #waitPid(int, boolean)}, for at most {@code limit}; empty when it still runs then. */
    public static Optional<WaitStatus> waitPid(int pid, Duration limit) {
        return ChildWait.statusWithin(pid, limit);
    }

    /** How a child ended, without reaping it; empty while it runs. ECHILD as in {@link #waitPid(int, boolean)}. */
    public static Optional<WaitStatus> peekExit(int pid) {
        return ChildWait.status(pid, ChildWait.WEXITED | ChildWait.WNOWAIT | ChildWait.WNOHANG);
    }

    /** Some child that has ended and is not reaped, left as it is; it may be one of java.lang.Process. Empty when there is none. */
    public static Optional<Integer> peekAnyExited() {
        return ChildWait.anyExited();
    }

    /** Whether this process has a child, or one that it has to reap. */
    public static boolean hasChildren() {
        return ChildWait.anyChild();
    }

    /** Whether orphans among our descendants become our children in place of init's (man 2 prctl, PR_SET_CHILD_SUBREAPER). */
    public static void setChildSubreaper(boolean on) {
        check(C.prctl(PR_SET_CHILD_SUBREAPER, on ? 1L : 0L, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER, ?)", on);
    }

    /** See {@link #setChildSubreaper}. */
    public static boolean isChildSubreaper() {
        int[] on = new int[1];
        check(C.prctl(PR_GET_CHILD_SUBREAPER, on, 0, 0, 0), "prctl(PR_GET_CHILD_SUBREAPER)");
        return on[0] != 0;
    }

    /** Our limit of open descriptors. The JVM raises the soft one at its start unless told -XX:-MaxFDLimit. */
    public static Limit noFileLimit() {
        return noFileLimit(0);
    }

    /** The limit of open descriptors of a process, 0 for us; EPERM for somebody else's (man 2 prlimit). */
    public static Limit noFileLimit(int pid) {
        long[] limit = new long[2];
        check(C.prlimit(pid, RLIMIT_NOFILE, null, limit), "prlimit(?, RLIMIT_NOFILE)", pid);
        return new Limit(limit[0], limit[1]);
    }

    /** Sets our limit of open descriptors; EINVAL when soft is above hard, EPERM when hard would rise (man 2 prlimit). */
    public static void setNoFileLimit(Limit limit) {
        long[] wanted = {limit.soft(), limit.hard()};
        check(C.prlimit(0, RLIMIT_NOFILE, wanted, null), "prlimit(0, RLIMIT_NOFILE, ?)", limit);
    }

    /** Session of a process, 0 for us (man 2 getsid). */
    public static int getsid(int pid) {
        int session = C.getsid(pid);
        check(session, "getsid(?)", pid);
        return session;
    }

    /** Process group of a process, 0 for us (man 2 getpgid). */
    public static int getpgid(int pid) {
        int group = C.getpgid(pid);
        check(group, "getpgid(?)", pid);
        return group;
    }

    /** Makes us the leader of a new session without terminal and returns its id; EPERM when we lead a group already (man 2 setsid). */
    public static int setsid() {
        int session = C.setsid();
        check(session, "setsid()");
        return session;
    }

    /** Moves a process (0: us) into a group (0: its own); EACCES once a child has called exec (man 2 setpgid). */
    public static void setpgid(int pid, int group) {
        check(C.setpgid(pid, group), "setpgid(?, ?)", pid, group);
    }

    /** Ignores a signal from here on, in this process and in what it execs. It undoes a handler of the JVM (man 2 signal). */
    public static void setSignalIgnored(int signal) {
        setDisposition(signal, SIG_IGN);
    }

    /** Gives a signal its default action, which for most is to end the JVM (man 2 signal). */
    public static void setSignalDefault(int signal) {
        setDisposition(signal, SIG_DFL);
    }

    /**
     * Orders two descriptors by their open file descriptions: 0 when they share one, else negative or positive in an order that is
     * arbitrary but stable until a reboot (man 2 kcmp, KCMP_FILE). EBADF, ESRCH; EPERM without the right to trace both processes.
     */
    public static int kcmpFile(int pid1, int fd1, int pid2, int fd2) {
        long order = C.syscall(Architecture.CURRENT.kcmp(), pid1, pid2, KCMP_FILE, fd1, fd2);
        check(order, "kcmp(?, ?, KCMP_FILE, ?, ?)", pid1, pid2, fd1, fd2);
        return order == 0 ? 0 : order == 1 ? -1 : 1;
    }

    /** What two processes, or two threads, may have in common beyond open files (linux/kcmp.h). */
    public enum Shared {
        MEMORY(1), DESCRIPTOR_TABLE(2), DIRECTORIES(3);

        private final int type;

        Shared(int type) {
            this.type = type;
        }
    }

    /**
     * Whether two processes or threads share this. ESRCH; EPERM without the right to trace both (man 2 kcmp, KCMP_VM, KCMP_FILES, KCMP_FS).
     */
    public static boolean isShared(int id1, int id2, Shared what) {
        long order = C.syscall(Architecture.CURRENT.kcmp(), id1, id2, what.type, 0, 0);
        check(order, "kcmp(?, ?, ?)", id1, id2, what);
        return order == 0;
    }

    /**
     * Whether an epoll set watches this open file description under the given number, which may have become another's since (man 2 kcmp,
     * KCMP_EPOLL_TFD). False when it watches nothing under that number.
     *
     * @param fd of the description
     * @param epoll descriptor of the set
     * @param watched the number it was added under
     */
    public static boolean isWatched(int pid, int fd, int epoll, int watched) {
        long order = C.syscall(Architecture.CURRENT.kcmp(), pid, pid, KCMP_EPOLL_TFD, fd, new int[] {epoll, watched, 0});
        if (order < 0 && LibC.errno() == Errno.ENOENT) {
            return false;
        }
        check(order, "kcmp(?, ?, KCMP_EPOLL_TFD, ?, ?)", pid, pid, fd, epoll);
        return order == 0;
    }

    /**
     * A descriptor of our own for what a descriptor of another process refers to (man 2 pidfd_getfd, Linux 5.6). EBADF, ESRCH; EPERM without
     * the right to trace it, which does not stop it.
     */
    public static OwnedFd pidfdGetFd(int pidfd, int fd) {
        long copy = C.syscall(Architecture.PIDFD_GETFD, pidfd, fd, 0, 0, 0);
        check(copy, "pidfd_getfd(?, ?)", pidfd, fd);
        return OwnedFd.of((int) copy);
    }

    /**
     * Replaces this process, JVM and all: returns only by exception, and then nothing has changed (man 2 execve).
     *
     * <p>The program starts with an empty signal mask; ignored signals stay ignored. Descriptors that it must not see have to be
     * close-on-exec: those that the JVM opens for itself are not, see {@link FdCalls#closeRange}. Shutdown hooks do not run.
     */
    public static void execve(String path, List<String> argv, List<String> environment) {
        byte[] file = cString(path);
        try (CStringVector arguments = new CStringVector(argv);
             CStringVector variables = new CStringVector(environment)) {
            SignalMask mask = SignalMask.empty();
            C.execve(file, arguments.pointer(), variables.pointer());
            LinuxException failure = LibC.failed("execve(?)", path);
            mask.close();
            throw failure;
        }
    }

    /** Gives the calling thread, and what it starts, namespaces of its own; EPERM without the right (man 2 unshare). */
    public static void unshare(int flags) {
        check(C.unshare(flags), "unshare(?)", LibC.hex(flags));
    }

    /** Moves the calling thread into a namespace; a mount namespace wants {@code unshare(CLONE_FS)} before, else EINVAL (man 2 setns). */
    public static void setns(int fd, int type) {
        check(C.setns(fd, type), "setns(?, ?)", fd, LibC.hex(type));
    }

    /** Mounts, binds or changes a mount; an empty {@code options} is none (man 2 mount). */
    public static void mount(String source, String target, String type, long flags, String options) {
        check(C.mount(cString(source), cString(target), cString(type), flags, options.isEmpty() ? null : cString(options)),
            "mount(?, ?, ?, ?, ?)", source, target, type, LibC.hex(flags), options);
    }

    /** Takes a mount away; EBUSY while it is used and MNT_DETACH is not asked for (man 2 umount2). */
    public static void umount2(String target, int flags) {
        check(C.umount2(cString(target), flags), "umount2(?, ?)", target, flags);
    }

    /** Effective capabilities of the calling thread, bit n for capability n (man 2 capget). */
    public static long capabilitiesEffective() {
        return capabilities(0);
    }

    /** Permitted capabilities of the calling thread, bit n for capability n (man 2 capget). */
    public static long capabilitiesPermitted() {
        return capabilities(1);
    }

    /** Clock ticks a second, the unit of times in {@code /proc/PID/stat} (man 3 sysconf). */
    public static long ticksPerSecond() {
        return C.sysconf(SC_CLK_TCK);
    }

    // Two structs of effective, permitted, inheritable; the second has the upper 32 bits.
    private static long capabilities(int field) {
        int[] sets = new int[6];
        check(C.capget(new int[] {CAPABILITY_VERSION_3, 0}, sets), "capget()");
        return (long) sets[3 + field] << 32 | sets[field] & 0xffffffffL;
    }

    private static void setDisposition(int signal, Pointer handler) {
        Pointer before = C.signal(signal, handler);
        check(Pointer.nativeValue(before) == -1 ? -1 : 0, "signal(?)", LibC.word(Signals.name(signal)));
    }
}
