package dev.thaw.checkpoint;

import dev.thaw.linux.ProcessCalls.Shared;

/** What keeps criu from stopping a process, or from taking it for one of its own. */
final class BondRules {
    private final TreeScan scan;
    private final PlanDraft draft;

    BondRules(TreeScan scan, PlanDraft draft) {
        this.scan = scan;
        this.draft = draft;
    }

    void apply() {
        for (String directory : scan.frozen()) {
            draft.add(Finding.problem("the cgroup " + directory + " is frozen, with processes of the tree in it",
                    "criu waits for them to stop in its own way, and they stand still already", "thaw them first: " + thawing(directory)));
        }
        for (ScannedProcess process : scan.processes()) {
            if (process.isUninterruptible()) {
                draft.add(Finding.problem(process.text() + " waits in the kernel and cannot be stopped (state D)",
                        "for a disk, a network file system, or the child of a vfork; criu gives up after 10 s", "cat /proc/" + process.pid() + "/stack, which says where"));
            }
            if (process.bonds().withParent().contains(Shared.MEMORY)) {
                draft.add(Finding.problem(process.text() + " shares its memory with its parent, pid " + process.parentPid(),
                        "criu knows shared memory of threads, not of processes (clone with CLONE_VM, vfork)", "again when it has executed its program"));
            } else if (process.bonds().withParent().contains(Shared.DIRECTORIES)) {
                draft.add(Finding.problem(process.text() + " shares working directory and root with its parent, pid " + process.parentPid(),
                        "criu knows that of threads, not of processes (clone with CLONE_FS)", "start it with fork, or unshare(CLONE_FS) in it"));
            }
            if (process.isZombie() && process.threads().size() > 1) {
                draft.add(Finding.problem(process.text() + " has ended its main thread, and other threads run on", "criu cannot dump such a process",
                        "end the process as a whole, or start its threads from a main thread that stays"));
            }
            memory(process);
        }
    }

    private void memory(ScannedProcess process) {
        Mappings.Special special = process.mappings().special();
        boolean ownIpc = !process.namespace("ipc").equals(scan.dumper().namespaces().getOrDefault("ipc", ""));
        if (special.systemV() && !ownIpc) {
            draft.add(Finding.problem(process.text() + " has System V shared memory, in the IPC namespace of this machine",
                    "criu dumps such memory only together with an IPC namespace", "start it in one of its own: thaw run --ipc-namespace -- COMMAND"));
        }
        if (special.secret()) {
            draft.add(Finding.problem(process.text() + " has secret memory (memfd_secret)", "nobody but the process can read it, criu included",
                    "unmap it before the checkpoint, or start the program without it"));
        }
        if (!special.foreignExecutable().isEmpty()) {
            draft.add(Finding.problem(process.text() + " runs " + special.foreignExecutable() + " from another mount namespace",
                    "it entered its mount namespace after its start; criu finds the file on no mount of it",
                    "start it inside: unshare -m COMMAND, nsenter -m COMMAND"));
        }
    }

    private static String thawing(String directory) {
        return directory.contains("freezer") ? "echo THAWED >" + directory + "/freezer.state" : "echo 0 >" + directory + "/cgroup.freeze";
    }
}
