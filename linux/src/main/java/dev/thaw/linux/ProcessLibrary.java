package dev.thaw.linux;

import com.sun.jna.Library;
import com.sun.jna.Pointer;

/** The C library's functions on processes, their limits, signals and namespaces. */
interface ProcessLibrary extends Library {

    int getpid(); // getpid(2)

    int getuid(); // getuid(2)

    int geteuid(); // geteuid(2)

    int getgid(); // getgid(2)

    int getegid(); // getegid(2)

    int kill(int pid, int signal); // kill(2)

    long syscall(long number, long first, long second, long third, long fourth, long fifth); // pidfd_open(2), pidfd_send_signal(2), kcmp(2)

    long syscall(long number, long first, long second, long third, long fourth, int[] fifth); // kcmp(2)

    int waitid(int idType, int id, byte[] siginfo, int options); // waitid(2)

    int prctl(int option, long argument, long third, long fourth, long fifth); // prctl(2)

    int prctl(int option, int[] result, long third, long fourth, long fifth); // prctl(2)

    int prlimit(int pid, int resource, long[] wanted, long[] before); // prlimit(2)

    int getsid(int pid); // getsid(2)

    int getpgid(int pid); // getpgid(2)

    int setsid(); // setsid(2)

    int setpgid(int pid, int group); // setpgid(2)

    Pointer signal(int signal, Pointer handler); // signal(2)

    int pthread_sigmask(int how, byte[] set, byte[] before); // pthread_sigmask(3)

    int madvise(Pointer address, long length, int advice); // madvise(2)

    int raise(int signal); // raise(3), to the calling thread

    int sigwait(byte[] set, int[] signal); // sigwait(3)

    int execve(byte[] path, Pointer argv, Pointer envp); // execve(2)

    int unshare(int flags); // unshare(2)

    int setns(int fd, int type); // setns(2)

    int mount(byte[] source, byte[] target, byte[] type, long flags, byte[] options); // mount(2)

    int umount2(byte[] target, int flags); // umount2(2)

    int capget(int[] header, int[] sets); // capget(2)

    long sysconf(int name); // sysconf(3)
}
