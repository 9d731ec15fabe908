package dev.thaw.check.host;

import dev.thaw.check.Finding;
import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.criu.CriuSearch;
import java.util.List;

/** criu itself and the kernel below it. */
final class EngineRules {
    private static final int REFUSED = 2; // vm.memfd_noexec: executable memory files are not made

    private final HostFacts facts;
    private final List<Finding> findings;

    EngineRules(HostFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.findings = findings;
    }

    void apply() {
        criu();
        if (facts.memfdNoexec().orElse(0) >= REFUSED) {
            findings.add(Finding.needs("vm.memfd_noexec is " + facts.memfdNoexec().getAsInt(), "criu and thaw run small programs from memory files",
                    "sysctl vm.memfd_noexec=1"));
        }
        if (!facts.timeNamespaces()) {
            findings.add(Finding.differs("this kernel has no time namespaces", "after a reboot the monotonic clock of a restored program jumps",
                    "a kernel from 5.6 on, with CONFIG_TIME_NS"));
        }
        // Only criu knows which of them it can use.
        if (facts.criu() instanceof CriuBinary) {
            networkLock();
        }
    }

    private void networkLock() {
        if (facts.networkLock() == NetworkLock.SKIP) {
            findings.add(Finding.needs("neither nftables nor iptables work here", "thaw checkpoint --tcp established keeps connections quiet with one of "
                    + "them; without, a peer that sends meanwhile gets a reset", "apt-get install iptables", "thaw checkpoint --tcp close, which needs neither"));
        } else {
            findings.add(Finding.fine("TCP connections can be kept quiet: " + facts.networkLock().name().toLowerCase(java.util.Locale.ROOT)));
        }
    }

    private void criu() {
        CriuSearch search = facts.criu();
        if (search instanceof CriuBinary binary) {
            findings.add(Finding.fine("criu " + binary.version() + ", " + binary.path() + " (" + binary.origin() + "), works on Linux " + facts.kernel()));
            binary.features().concernsOn(facts.kernel()).forEach(concern -> findings.add(Finding.needs("criu " + binary.version() + " on Linux " + facts.kernel(),
                    concern, "scripts/install-criu, which brings a newer one beside it")));
            if (!binary.features().concurrentRestores()) {
                findings.add(Finding.differs("criu " + binary.version() + " restores one application at a time",
                        "before 4.1 the sockets among its tasks had the same names in every restore", "scripts/install-criu"));
            }
            passedOver(binary.passedOver());
        } else if (search instanceof CriuSearch.NotFound none && !none.passedOver().isEmpty() && !CriuPrivileges.suffice(facts.rights().effective())) {
            none.passedOver().forEach(one -> findings.add(Finding.note("it is not known whether " + one.path() + " works (" + one.origin() + ")",
                    "no criu starts without CAP_CHECKPOINT_RESTORE: " + one.reason(), "thaw check host, with that capability")));
        } else if (search instanceof CriuSearch.NotFound none) {
            findings.add(Finding.stops("there is no criu that works", "thaw checkpoints and restores with it", "scripts/install-criu",
                    "thaw --criu PATH, or THAW_CRIU=PATH, for one elsewhere"));
            passedOver(none.passedOver());
        } else if (search instanceof CriuSearch.Unusable asked) {
            findings.add(Finding.stops("the criu that was asked for does not work: " + asked.path(), asked.reason(), "without --criu", "scripts/install-criu"));
        }
        facts.criuWarnings().forEach(warning -> findings.add(Finding.note("criu check --all: " + warning,
                "an optional feature of the kernel, which thaw does without")));
    }

    private void passedOver(List<CriuSearch.Passed> passed) {
        passed.forEach(one -> findings.add(Finding.note("passed over: " + one.path() + " (" + one.origin() + ")", one.reason())));
    }
}
