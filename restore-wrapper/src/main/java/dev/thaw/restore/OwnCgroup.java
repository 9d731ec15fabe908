package dev.thaw.restore;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.Optional;

/** Where in the file system the cgroup is that this process is in. */
public final class OwnCgroup {
    private OwnCgroup() {}

    /** The directory in the cgroup2 tree; empty where there is none. It need not be writable. */
    public static Optional<String> directory() {
        int self = ProcessCalls.getpid();
        Optional<MountInfo> mount = MountInfo.read(self).stream().filter(entry -> entry.fsType().equals("cgroup2")).findFirst();
        Optional<CgroupMembership> own = CgroupMembership.read(self).stream().filter(entry -> entry.controllers().isEmpty()).findFirst();
        if (mount.isEmpty() || own.isEmpty()) {
            return Optional.empty();
        }
        String path = own.get().path().startsWith(mount.get().root()) && !mount.get().root().equals("/")
                ? own.get().path().substring(mount.get().root().length()) : own.get().path();
        return Optional.of(mount.get().mountPoint() + (path.equals("/") ? "" : path));
    }
}
