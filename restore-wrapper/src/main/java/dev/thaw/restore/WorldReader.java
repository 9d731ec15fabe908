package dev.thaw.restore;

import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.OwnDescriptor;
import dev.thaw.plan.Questions;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.World;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Answers the planner's questions from /proc and the file system. Reads only. */
public final class WorldReader {
    private WorldReader() {}

    /** The cgroups of this process, and where they are mounted. */
    public static CgroupFiles.View ownCgroups() {
        return new CgroupFiles.View(CgroupMembership.read(ProcessCalls.getpid()), MountInfo.read(ProcessCalls.getpid()));
    }

    /**
     * @param here {@link #ownCgroups}
     * @param closedStreams streams that the caller had closed and the launcher script opened on /dev/null
     * @param brokerNames what the broker offers; empty when none was asked or answers
     */
    public static World read(ImageSnapshot image, Optional<CgroupFiles.View> recorded, CgroupFiles.View here, RestoreOptions options,
            Set<Integer> closedStreams, Optional<Set<String>> brokerNames) {
        Map<String, Optional<FileStatus>> paths = new HashMap<>();
        for (String path : Questions.paths(image, options, recorded, here)) {
            paths.put(path, statusOf(path));
        }
        return new World(own(Questions.ownDescriptors(image, options), closedStreams), paths, here.memberships(), here.mounts(), brokerNames);
    }

    private static Optional<FileStatus> statusOf(String path) {
        try {
            return FileCalls.statIfExists(path);
        } catch (LinuxException e) {
            if (e.is(Errno.EACCES) || e.is(Errno.ELOOP) || e.is(Errno.ENAMETOOLONG)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Map<Integer, OwnDescriptor> own(Set<Integer> numbers, Set<Integer> closedStreams) {
        Map<Integer, OwnDescriptor> found = new TreeMap<>();
        for (int number : numbers) {
            if (number <= 2 ? FdCalls.isOpen(number) : InheritedDescriptors.contains(number)) {
                FileStatus status = FileCalls.fstat(number);
                boolean terminal = TerminalCalls.isTerminal(number);
                found.put(number, new OwnDescriptor(number, status, FdCalls.getFlags(number) & ~OpenFlags.O_LARGEFILE,
                        ProcessTable.link(ProcessCalls.getpid(), number), sameAs(number, found), terminal, closedStreams.contains(number),
                        terminal && controlsSession(status.specialDevice())));
            }
        }
        return found;
    }

    private static int sameAs(int number, Map<Integer, OwnDescriptor> lower) {
        int self = ProcessCalls.getpid();
        for (int other : lower.keySet()) {
            if (isSameDescription(self, other, self, number)) {
                return lower.get(other).sameAs();
            }
        }
        return number;
    }

    /** False, too, where kcmp is not permitted: what is shared is then merely opened twice. */
    private static boolean isSameDescription(int pid1, int fd1, int pid2, int fd2) {
        try {
            return ProcessCalls.kcmpFile(pid1, fd1, pid2, fd2) == 0;
        } catch (LinuxException e) {
            return false;
        }
    }

    private static boolean controlsSession(long device) {
        int encoded = (FileStatus.minor(device) & 0xff) | FileStatus.major(device) << 8 | (FileStatus.minor(device) & ~0xff) << 12;
        return ProcessTable.pids().stream().map(ProcessStat::read)
                .anyMatch(stat -> stat.filter(process -> process.terminalDevice() == encoded).isPresent());
    }
}
