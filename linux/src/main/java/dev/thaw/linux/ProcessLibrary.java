package dev.thaw.linux;

import com.sun.jna.Pointer;

/** The C library's functions on processes, their limits, signals and namespaces. */
final class ProcessLibrary {

    int getpid() { // getpid(2)
        return CFunction.integer("getpid");
    }

    int getuid() { // getuid(2)
        return CFunction.integer("getuid");
    }

    int geteuid() { // geteuid(2)
        return CFunction.integer("geteuid");
    }

    int getgid() { // getgid(2)
        return CFunction.integer("getgid");
    }

    int getegid() { // getegid(2)
        return CFunction.integer("getegid");
    }

    int kill(int pid, int signal) { // kill(2)
        return CFunction.integer("kill", pid, signal);
    }

    long syscall(long number, long first, long second, long third, long fourth, long fifth) { // pidfd_open(2), pidfd_send_signal(2), kcmp(2)
        return CFunction.word("syscall", number, first, second, third, fourth, fifth);
    }

    long syscall(long number, long first, long second, long third, long fourth, int[] fifth) { // kcmp(2)
        return CFunction.word("syscall", number, first, second, third, fourth, fifth);
    }

    int waitid(int idType, int id, byte[] siginfo, int options) { // waitid(2)
        return CFunction.integer("waitid", idType, id, siginfo, options);
    }

    int prctl(int option, long argument, long third, long fourth, long fifth) { // prctl(2)
        return CFunction.integer("prctl", option, argument, third, fourth, fifth);
    }

    int prctl(int option, int[] result, long third, long fourth, long fifth) { // prctl(2)
        return CFunction.integer("prctl", option, result, third, fourth, fifth);
    }

    int prlimit(int pid, int resource, long[] wanted, long[] before) { // prlimit(2)
        return CFunction.integer("prlimit", pid, resource, wanted, before);
    }

    int getsid(int pid) { // getsid(2)
        return CFunction.integer("getsid", pid);
    }

    int getpgid(int pid) { // getpgid(2)
        return CFunction.integer("getpgid", pid);
    }

    int setsid() { // setsid(2)
        return CFunction.integer("setsid");
    }

    int setpgid(int pid, int group) { // setpgid(2)
        return CFunction.integer("setpgid", pid, group);
    }

    Pointer signal(int signal, Pointer handler) { // signal(2)
        return CFunction.pointer("signal", signal, handler);
    }

    int pthread_sigmask(int how, byte[] set, byte[] before) { // pthread_sigmask(3)
        return CFunction.integer("pthread_sigmask", how, set, before);
    }

    int madvise(Pointer address, long length, int advice) { // madvise(2)
        return CFunction.integer("madvise", address, length, advice);
    }

    int raise(int signal) { // raise(3), to the calling thread
        return CFunction.integer("raise", signal);
    }

    int sigwait(byte[] set, int[] signal) { // sigwait(3)
        return CFunction.integer("sigwait", set, signal);
    }

    int execve(byte[] path, Pointer argv, Pointer envp) { // execve(2)
        return CFunction.integer("execve", path, argv, envp);
    }

    int unshare(int flags) { // unshare(2)
        return CFunction.integer("unshare", flags);
    }

    int setns(int fd, int type) { // setns(2)
        return CFunction.integer("setns", fd, type);
    }

    int mount(byte[] source, byte[] target, byte[] type, long flags, byte[] options) { // mount(2)
        return CFunction.integer("mount", source, target, type, flags, options);
    }

    int umount2(byte[] target, int flags) { // umount2(2)
        return CFunction.integer("umount2", target, flags);
    }

    int capget(int[] header, int[] sets) { // capget(2)
        return CFunction.integer("capget", header, sets);
    }

    long sysconf(int name) { // sysconf(3)
        return CFunction.word("sysconf", name);
    }
}
