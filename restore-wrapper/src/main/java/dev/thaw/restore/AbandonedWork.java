package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnDirectory;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Removes the work directories of those thaws that were killed, as nobody holds their lock any more, and logs that nobody needs any more. */
final class AbandonedWork {
    /** The name of a work directory; the first group is the pid of its thaw. */
    private static final Pattern NAME = Pattern.compile("thaw-(\\d{1,9})-[0-9a-f]{16}");
    private static final int GROUP_OR_OTHERS = 077;

    private AbandonedWork() {}

    /** What cannot be removed stays: it is in nobody's way. */
    static void remove(String base) {
        try {
            // Where others can put a link in the place of our directory, nothing is followed into it.
            if (!OwnDirectory.isLeftAlone(FileCalls.stat(base))) {
                return;
            }
            boolean logs = false;
            for (String name : FileCalls.list(base)) {
                logs |= name.contains(FailureLog.NAME);
                Matcher matcher = NAME.matcher(name);
                if (matcher.matches() && mayBeAbandonedBy(Integer.parseInt(matcher.group(1)))) {
                    removeAbandoned(base + "/" + name);
                }
            }
            if (logs) {
                StrayLogs.sweep(base);
            }
        } catch (LinuxException notOurs) {
            return;
        }
    }

    /** The lock says it in the end: in another pid namespace the number is another process's, or ours. */
    private static boolean mayBeAbandonedBy(int pid) {
        return pid == ProcessCalls.getpid() || !ProcessCalls.exists(pid);
    }

    private static void removeAbandoned(String path) {
        if (FileCalls.lstatIfExists(path).filter(AbandonedWork::isOurs).isEmpty()) {
            return;
        }
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW)) {
            if (isOurs(FileCalls.fstat(fd.number()))) {
                FileCalls.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
                WorkDirectory.removeTree(path);
            }
        } catch (LinuxException inUseOrJustRemoved) {
            return;
        }
    }

    private static boolean isOurs(FileStatus status) {
        return status.isDirectory() && status.uid() == ProcessCalls.geteuid() && (status.permissions() & GROUP_OR_OTHERS) == 0;
    }
}
