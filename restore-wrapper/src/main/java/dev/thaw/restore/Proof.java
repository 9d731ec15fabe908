package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.plan.Handover;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * Looks for every handover in the restored processes, by what the kernel says and not by what was asked for: criu reports success for
 * keys that matched nothing.
 */
final class Proof {
    private Proof() {}

    /** What did not arrive; for people. */
    record Missing(String what, String because) {}

    /** @param realPid pid in our namespace of a pid of the image */
    static List<Missing> check(RestorePlan plan, OpenedHandovers opened, IntUnaryOperator realPid) {
        List<Missing> missing = new ArrayList<>();
        for (Handover handover : plan.handovers()) {
            FileStatus offered = FileCalls.fstat(opened.number(handover));
            for (Use use : handover.uses()) {
                int pid = realPid.applyAsInt(use.pids().get(0));
                try {
                    find(handover, use, pid, offered, opened.number(handover))
                            .ifPresent(because -> missing.add(new Missing(use.text() + " did not get " + handover.opening().text(), because)));
                } catch (LinuxException e) {
                    missing.add(new Missing(use.text() + " could not be looked at", gone(e) ? "the process has ended already" : e.getMessage()));
                }
            }
        }
        return missing;
    }

    private static boolean gone(LinuxException e) {
        return e.is(Errno.ENOENT) || e.is(Errno.ESRCH);
    }

    private static Optional<String> find(Handover handover, Use use, int pid, FileStatus offered, int number) {
        switch (use.kind()) {
            case DESCRIPTOR:
                return descriptor(handover, use, pid, offered, number);
            case MAPPING:
                return mapping(pid, offered);
            case EXECUTABLE:
                return link(pid, "exe", offered);
            case NETWORK_NAMESPACE:
                return link(pid, "ns/net", offered);
            case PID_NAMESPACE:
                return link(pid, "ns/pid", offered);
            case WORKING_DIRECTORY:
                return link(pid, "cwd", offered);
            default:
                return link(pid, "root", offered);
        }
    }

    private static Optional<String> descriptor(Handover handover, Use use, int pid, FileStatus offered, int number) {
        FileStatus found = ProcessTable.status(pid, use.fd());
        if (!isSameFile(found, offered)) {
            return Optional.of("it has " + KernelString.printable(ProcessTable.link(pid, use.fd())) + " there");
        }
        if (handover.way() == Handover.Way.REOPENED) {
            int flags = FdInfo.read(pid, use.fd()).flags();
            return OpenFlags.access(flags).equals(OpenFlags.access(expectedFlags(handover, flags))) ? Optional.empty()
                    : Optional.of("it is open for " + OpenFlags.access(flags));
        }
        try {
            return ProcessCalls.kcmpFile(ProcessCalls.getpid(), number, pid, use.fd()) == 0 ? Optional.empty()
                    : Optional.of("it is another open file description of the same file");
        } catch (LinuxException e) {
            // Kernels without kcmp, and processes that we may not trace: kind, device and inode are what is left to compare.
            if (e.is(Errno.EPERM) || e.is(Errno.ENOSYS) || e.is(Errno.EACCES)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Several entries of one pipe are reopened under one key, each in its own direction: then only a closed end would be wrong. */
    private static int expectedFlags(Handover handover, int found) {
        return handover.uses().size() > 1 ? found : handover.flags();
    }

    static boolean isSameFile(FileStatus a, FileStatus b) {
        return a.inode() == b.inode() && a.device() == b.device() && (a.mode() & FileStatus.S_IFMT) == (b.mode() & FileStatus.S_IFMT);
    }

    private static Optional<String> link(int pid, String name, FileStatus offered) {
        String path = "/proc/" + pid + "/" + name;
        return isSameFile(FileCalls.stat(path), offered) ? Optional.empty() : Optional.of("it is " + KernelString.printable(FileCalls.readlink(path)));
    }

    private static Optional<String> mapping(int pid, FileStatus offered) {
        String maps = KernelString.decode(FileCalls.readAll("/proc/" + pid + "/maps"));
        return maps.contains(" " + offered.inode() + " ") ? Optional.empty() : Optional.of("nothing is mapped from it");
    }
}
