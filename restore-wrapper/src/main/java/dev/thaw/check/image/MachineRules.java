package dev.thaw.check.image;

import dev.thaw.check.Finding;
import dev.thaw.check.Severity;
import dev.thaw.check.image.ImageFacts.Machine;
import dev.thaw.compat.Mismatch;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.image.Credentials;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.Capabilities;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The machine of the dump against this one: what the manifest recorded, and what the images themselves say of users, modules and memory. */
final class MachineRules {
    private static final List<String> MODULES = List.of("no security module", "SELinux", "AppArmor");

    private final ImageFacts facts;
    private final Machine machine;
    private final List<Finding> findings;

    MachineRules(ImageFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.machine = facts.machine();
        this.findings = findings;
    }

    void apply() {
        if (machine.criu() instanceof CriuBinary binary) {
            findings.add(Finding.fine("criu " + binary.version() + ", " + binary.path()));
        } else if (mayRestore() || machine.criu().passedOver().isEmpty()) { // without rights none can be tried
            findings.add(Finding.stops("there is no criu that works", "a restore is made by it", "thaw check host", "scripts/install-criu"));
        }
        mismatches();
        rights();
        filter();
        namespaces();
        int dumped = facts.image().inventory().lsmType();
        if (dumped != machine.lsm()) {
            findings.add(Finding.stops("dumped with " + MODULES.get(Math.min(dumped, 2)) + ", and here is " + MODULES.get(machine.lsm()),
                    "criu sets each process's profile again", "restore on a machine with the same one"));
        }
        long kibibytes = facts.image().totalBytes() / 1024;
        if (kibibytes > machine.availableKibibytes()) {
            findings.add(Finding.needs("the image has " + kibibytes / 1024 + " MiB, and " + machine.availableKibibytes() / 1024 + " MiB of memory are available",
                    "a restore needs as much as the image has pages", "free -m"));
        }
        if (!facts.image().inventory().plugins().isEmpty()) {
            findings.add(Finding.needs("dumped with plugins of criu: " + String.join(", ", facts.image().inventory().plugins()),
                    "a restore needs them too", "ls /usr/lib/criu, where criu looks for them"));
        }
    }

    /** Fatal ones are problems of the plan. */
    private void mismatches() {
        if (facts.manifest().isEmpty()) {
            findings.add(Finding.note("thaw did not write this image", "so nothing is known of the processor, the kernel and the criu of the dump"));
        } else if (facts.mismatches().stream().allMatch(mismatch -> mismatch.severity() == Mismatch.Severity.NOTE)) {
            findings.add(Finding.fine("processor, programs and libraries are those of the checkpoint, or as good"));
        }
        for (Mismatch mismatch : facts.mismatches()) {
            switch (mismatch.severity()) {
                case WARNING -> findings.add(new Finding(Severity.DIFFERS, mismatch.what(), mismatch.because(), mismatch.tries()));
                case NOTE, ACCEPTED -> findings.add(new Finding(Severity.NOTE, mismatch.what(), mismatch.because(), mismatch.tries()));
                default -> { }
            }
        }
    }

    private boolean mayRestore() {
        return CriuPrivileges.suffice(machine.capabilities());
    }

    private void rights() {
        if (!mayRestore()) {
            findings.add(Finding.stops("uid " + machine.uid() + " may not restore", "criu needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN",
                    "thaw check host, which says more", "run thaw as root"));
        }
        Set<Integer> uids = new TreeSet<>();
        for (TaskImage task : facts.image().tasks()) {
            task.credentials().ifPresent(ids -> addOthers(ids, uids));
        }
        if (!uids.isEmpty() && !(machine.has(Capabilities.SETUID) && machine.has(Capabilities.SETGID))) {
            findings.add(Finding.stops("the image has processes of uid " + uids.iterator().next() + ", and thaw runs as uid " + machine.uid(),
                    "setting another user needs CAP_SETUID and CAP_SETGID", "run thaw as root"));
        }
    }

    private void filter() {
        facts.image().tasks().stream().filter(task -> machine.filtered() && task.isFiltered()).findFirst().ifPresent(task -> findings.add(
                Finding.stops("pid " + task.pid() + " (" + task.command() + ") had a seccomp filter, and thaw is under one here",
                        "criu suspends the filter while it works on the process, which the kernel lets nobody do who is under one too",
                        "no filter for the container that restores it: seccompProfile: {type: Unconfined} in its pod, --security-opt seccomp=unconfined")));
    }

    private void namespaces() {
        if (facts.image().ownNamespaces().contains("ipc") && machine.uid() != 0) {
            findings.add(Finding.stops("the image has an IPC namespace of its own, and thaw runs as uid " + machine.uid(),
                    "its limits in /proc/sys/kernel are for root to write", "run thaw as root"));
        }
    }

    private void addOthers(Credentials ids, Set<Integer> uids) {
        for (int uid : new int[] {ids.uid(), ids.euid(), ids.suid(), ids.fsuid()}) {
            if (uid != machine.uid()) {
                uids.add(uid);
            }
        }
    }
}
