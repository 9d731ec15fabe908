package dev.thaw.checkpoint;

import java.util.List;

/** Namespaces: criu dumps those of the root, and only of some kinds others below it (criu/namespaces.c, dump_task_ns_ids). */
final class NamespaceRules {
    /** Kind to what people call it. */
    private static final List<String> OF_THE_WHOLE_TREE = List.of("pid", "uts", "ipc", "user", "cgroup", "time");
    private static final List<String> MAY_DIFFER_BELOW = List.of("mnt", "net");

    private final TreeScan scan;
    private final PlanDraft draft;

    NamespaceRules(TreeScan scan, PlanDraft draft) {
        this.scan = scan;
        this.draft = draft;
    }

    void apply() {
        ScannedProcess root = scan.root();
        if (root.isZombie()) {
            return;
        }
        for (ScannedProcess process : scan.processes()) {
            if (!process.isZombie()) {
                below(root, process);
                forChildren(process);
                foreignSession(process);
            }
        }
        if (isOwn(root, "pid") && root.bonds().innerPid() != 1) {
            draft.add(Finding.problem(root.text() + " is in a pid namespace, and is not its first process",
                    "criu dumps such a namespace only as a whole, from its pid 1 on", "inside: nsenter -t " + root.pid() + " -p -m thaw checkpoint "
                            + root.bonds().innerPid() + " IMAGE", "the pid of its first process: lsns -t pid"));
        }
        if (isOwn(root, "ipc") && scan.dumper().effectiveUid() != 0) {
            draft.add(Finding.needs(root.text() + " is in an IPC namespace of its own", "criu dumps it, and only root can restore one",
                    "thaw restore as root"));
        }
        if (isOwn(root, "user") && !isOwn(root, "mnt")) {
            draft.add(Finding.problem(root.text() + " is in a user namespace of its own, without a mount namespace",
                    "criu can restore a user namespace only where it may mount a /proc in it", "start it with: unshare -U -r -m -p -f COMMAND"));
        }
    }

    private void below(ScannedProcess root, ScannedProcess process) {
        for (String kind : OF_THE_WHOLE_TREE) {
            if (!process.namespace(kind).equals(root.namespace(kind))) {
                draft.add(Finding.problem(process.text() + " is in another " + words(kind) + " namespace than " + root.text(),
                        "criu dumps only the one that the root of the tree is in", "thaw checkpoint " + process.pid() + " IMAGE, that process by itself"));
            }
        }
        for (String kind : MAY_DIFFER_BELOW) {
            if (!process.namespace(kind).equals(root.namespace(kind)) && !isOwn(root, kind)) {
                draft.add(Finding.problem(process.text() + " is in another " + words(kind) + " namespace than " + root.text(),
                        "criu dumps it, but can restore that only below a root that has one of its own too",
                        "thaw checkpoint " + process.pid() + " IMAGE, that process by itself"));
            }
        }
    }

    /** criu/namespaces.c, dump_task_ns_ids: a process that only its children would leave the namespace of. */
    private void forChildren(ScannedProcess process) {
        String next = process.namespace("time_for_children");
        if (!next.isEmpty() && !next.equals(process.namespace("time"))) {
            draft.add(Finding.problem(process.text() + " has made a time namespace for its children", "criu cannot dump a process between two of them",
                    "start it inside: unshare --time --fork COMMAND"));
        }
        String pids = process.namespace("pid_for_children");
        if (!pids.isEmpty() && !pids.equals(process.namespace("pid"))) {
            draft.add(Finding.problem(process.text() + " has made a pid namespace for its children", "criu cannot dump a tree of two pid namespaces",
                    "checkpoint the namespace by itself: the pid of its first process"));
        }
    }

    private void foreignSession(ScannedProcess process) {
        if (process.bonds().sessionElsewhere()) {
            draft.add(Finding.problem(process.text() + " is in a session that was begun outside its pid namespace",
                    "criu has no number for that session inside", "start it in one of its own: unshare -p -f setsid COMMAND"));
        }
    }

    private boolean isOwn(ScannedProcess process, String kind) {
        return !process.namespace(kind).equals(scan.dumper().namespaces().getOrDefault(kind, ""));
    }

    private static String words(String kind) {
        return switch (kind) {
            case "mnt" -> "mount";
            case "net" -> "network";
            case "uts" -> "UTS (host name)";
            case "ipc" -> "IPC";
            default -> kind;
        };
    }
}
