package dev.thaw.image;

import java.util.ArrayList;
import java.util.List;

/** criu's numbers for the namespaces of a task, equal for tasks that share one; 0 where none was recorded (images/core.proto). */
public record NamespaceIds(int pid, int net, int ipc, int uts, int mnt, int user, int cgroup, int time) {

    public static final NamespaceIds NONE = new NamespaceIds(0, 0, 0, 0, 0, 0, 0, 0);

    private static final List<String> KINDS = List.of("pid", "net", "ipc", "uts", "mnt", "user", "cgroup", "time");

    /** Kinds that both have recorded and that differ, in a fixed order. */
    public List<String> otherThan(NamespaceIds others) {
        List<Integer> ours = numbers();
        List<Integer> theirs = others.numbers();
        List<String> kinds = new ArrayList<>();
        for (int i = 0; i < KINDS.size(); i++) {
            if (ours.get(i) != 0 && theirs.get(i) != 0 && !ours.get(i).equals(theirs.get(i))) {
                kinds.add(KINDS.get(i));
            }
        }
        return kinds;
    }

    private List<Integer> numbers() {
        return List.of(pid, net, ipc, uts, mnt, user, cgroup, time);
    }
}
