package dev.thaw.check.host;

import dev.thaw.check.Finding;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.linux.Capabilities;
import java.util.List;

/** What the kernel lets this process do. */
final class RightsRules {
    private static final int NO_PTRACE_AT_ALL = 3;
    private static final String GIVE = "run thaw as root, or: setpriv --inh-caps +%1$s --ambient-caps +%1$s thaw …";

    private final HostFacts.Rights rights;
    private final List<Finding> findings;

    RightsRules(HostFacts.Rights rights, List<Finding> findings) {
        this.rights = rights;
        this.findings = findings;
    }

    void apply() {
        capabilities();
        if (rights.ownUserNamespace()) {
            findings.add(Finding.needs("thaw runs in a user namespace", "its rights hold inside only: criu cannot set uids that are not mapped, nor mount a /proc",
                    "run it outside, as root of the machine"));
        }
        if (rights.filtered()) {
            findings.add(Finding.needs("thaw runs under a seccomp filter", "criu cannot suspend the filter of a process that is under one too, so that nothing in here can be dumped; and filters may forbid calls that "
                            + "a restore needs",
                    "docker run --security-opt seccomp=unconfined …, seccompProfile: {type: Unconfined} in a pod", "thaw checkpoint outside, by the pid there"));
        }
        if (rights.ptraceScope().orElse(0) >= NO_PTRACE_AT_ALL) {
            findings.add(Finding.stops("kernel.yama.ptrace_scope is 3", "nobody may trace a process until the next boot, criu included",
                    "set it to 2 or less in /etc/sysctl.d, and reboot"));
        } else if (rights.ptraceScope().orElse(0) == 2 && !has(Capabilities.SYS_PTRACE)) {
            findings.add(Finding.stops("kernel.yama.ptrace_scope is 2", "only processes with CAP_SYS_PTRACE may trace others", GIVE.formatted("sys_ptrace")));
        }
        if (rights.confinement().isEmpty()) {
            findings.add(Finding.fine("no security module confines thaw"));
        } else {
            findings.add(Finding.note("thaw is confined as " + rights.confinement(), "an image remembers the profile of each process, and a restore needs the same one",
                    "thaw checkpoint on a machine with the same profiles"));
        }
    }

    private void capabilities() {
        if (!CriuPrivileges.suffice(rights.effective())) {
            findings.add(Finding.stops("CAP_CHECKPOINT_RESTORE is missing (uid " + rights.uid() + ")", "criu refuses to start without it or CAP_SYS_ADMIN",
                    GIVE.formatted("checkpoint_restore")));
        }
        if (!has(Capabilities.SYS_ADMIN)) {
            findings.add(Finding.differs("CAP_SYS_ADMIN is missing", "no mount, network or time namespaces then: after a reboot the monotonic clock jumps",
                    GIVE.formatted("sys_admin")));
        }
        if (!has(Capabilities.SYS_PTRACE)) {
            findings.add(Finding.needs("CAP_SYS_PTRACE is missing", "only processes of uid " + rights.uid() + " can be looked at and dumped", GIVE.formatted("sys_ptrace")));
        }
        if (!has(Capabilities.SYS_RESOURCE)) {
            findings.add(Finding.needs("CAP_SYS_RESOURCE is missing", "criu can dump a tree of one user, but not one of several, since it may not read their limits; and it cannot raise limits",
                    "start all of the application as one user", "give thaw the capability: docker run --cap-add SYS_RESOURCE …"));
        }
        if (!has(Capabilities.NET_ADMIN)) {
            findings.add(Finding.needs("CAP_NET_ADMIN is missing", "established TCP connections cannot be kept", "thaw checkpoint --tcp close", GIVE.formatted("net_admin")));
        }
        if (rights.uid() != 0 && !has(Capabilities.SETPCAP) && rights.bounding() != (1L << Capabilities.CHECKPOINT_RESTORE + 1) - 1) {
            findings.add(Finding.needs("CAP_SETPCAP is missing, and some capabilities are out of reach here",
                    "criu sets each process's bounding set as it was dumped, and crashes where it may not", "start the application with: setpriv --no-new-privs …"));
        }
        List<Integer> wanted = List.of(Capabilities.CHECKPOINT_RESTORE, Capabilities.SYS_ADMIN, Capabilities.SYS_PTRACE, Capabilities.SYS_RESOURCE, Capabilities.NET_ADMIN);
        if (wanted.stream().allMatch(this::has)) {
            findings.add(Finding.fine("all capabilities that criu asks for"));
        }
    }

    private boolean has(int capability) {
        return Capabilities.contains(rights.effective(), capability);
    }
}
