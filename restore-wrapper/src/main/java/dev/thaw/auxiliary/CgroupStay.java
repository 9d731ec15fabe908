package dev.thaw.auxiliary;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * thaw in the cgroups of another process, for the moment of a start: a child is born where its parent is, and so is never outside, not even
 * before its first fork.
 */
final class CgroupStay implements AutoCloseable {
    private final Map<String, String> back = new LinkedHashMap<>();
    private final List<String> refused = new ArrayList<>();

    private CgroupStay() {}

    /** Moves this process into each cgroup of the other one that a mount shows; what could not be entered is in {@link #refused}. */
    static CgroupStay with(int pid) {
        List<MountInfo> mounts = MountInfo.read(ProcessCalls.getpid());
        List<CgroupMembership> ours = CgroupMembership.read(ProcessCalls.getpid());
        CgroupStay stay = new CgroupStay();
        for (CgroupMembership theirs : CgroupMembership.read(pid)) {
            ours.stream().filter(our -> our.hierarchy() == theirs.hierarchy() && !our.path().equals(theirs.path())).findFirst()
                    .ifPresent(our -> stay.enter(our, theirs, mounts));
        }
        return stay;
    }

    /** Why the child is not in a cgroup of the other's; empty when it is in all. */
    List<String> refused() {
        return List.copyOf(refused);
    }

    private void enter(CgroupMembership our, CgroupMembership theirs, List<MountInfo> mounts) {
        String wanted = theirs.directory(mounts).orElse("");
        String home = our.directory(mounts).orElse("");
        if (wanted.isEmpty() || home.isEmpty()) {
            refused.add("no mount here shows the cgroup " + theirs.path());
            return;
        }
        try {
            move(wanted);
            back.put(wanted, home);
        } catch (LinuxException e) {
            refused.add(e.getMessage());
        }
    }

    private static void move(String directory) {
        // 0 is the process that writes (man 7 cgroups).
        FileCalls.writeFile(directory + "/cgroup.procs", "0\n".getBytes(StandardCharsets.US_ASCII), 0644);
    }

    /** Goes back. */
    @Override
    public void close() {
        back.values().forEach(home -> {
            try {
                move(home);
            } catch (LinuxException e) {
                if (!e.is(Errno.ENOENT)) {
                    throw e;
                }
            }
        });
    }
}
