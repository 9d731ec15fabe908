package dev.thaw.image;

/** criu's numbers for the namespaces of a task, equal for tasks that share one; 0 where none was recorded (images/core.proto). */
public record NamespaceIds(int pid, int net, int ipc, int uts, int mnt, int user, int cgroup, int time) {

    public static final NamespaceIds NONE = new NamespaceIds(0, 0, 0, 0, 0, 0, 0, 0);
}
