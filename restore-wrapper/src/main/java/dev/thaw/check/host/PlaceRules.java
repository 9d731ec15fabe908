package dev.thaw.check.host;

import dev.thaw.check.Finding;
import java.util.List;

/** Directories, numbers and limits that criu depends on, and what earlier runs have left in them. */
final class PlaceRules {
    private static final long STALE_SECONDS = 60;
    private static final int FEW_PIDS = 32768;
    private static final long FEW_FILES = 1024;
    private static final long FEW_KIBIBYTES = 256 * 1024;

    private final HostFacts facts;
    private final List<Finding> findings;

    PlaceRules(HostFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.findings = findings;
    }

    void apply() {
        leftovers(facts.leftovers());
        pids(facts.pids());
        run(facts.run());
        cgroups(facts.cgroups());
        limits(facts.limits());
        for (HostFacts.ConfigFile file : facts.configFiles()) {
            String options = file.options().isEmpty() ? "no options" : String.join(" ", file.options());
            findings.add(Finding.note("criu has a configuration file: " + file.path(), "plain criu takes its options from there (" + options
                    + "); thaw does not, so that a plan means the same everywhere"));
        }
    }

    private void leftovers(HostFacts.Leftovers left) {
        left.yards().forEach(yard -> findings.add(Finding.needs("all cgroups are mounted at " + yard, "a criu has left them; rm -r there would walk the real ones",
                "umount -R -l " + yard)));
        left.networkLocks().forEach(lock -> findings.add(Finding.needs("packets are held back by " + lock,
                "a criu that was killed, or a restore that failed, has left it; connections do not go on", "iptables-save | grep CRIU, nft list tables; then delete it")));
        if (!left.workDirectories().isEmpty()) {
            int logs = left.workDirectories().size();
            findings.add(Finding.note((logs == 1 ? "the log of a failed restore is kept, in " : logs + " logs of failed restores are kept, as in ") + left.workDirectories().get(0),
                    "thaw leaves the log of what failed", "thaw explain " + left.workDirectories().get(0), "rm -r them, after a look at: grep cgyard /proc/mounts"));
        }
    }

    private void pids(HostFacts.Pids pids) {
        if (!pids.lastIsWritable()) {
            findings.add(Finding.needs("/proc/sys/kernel/ns_last_pid cannot be written", "the next pid cannot be chosen, so a new process may take one that an image needs",
                    "thaw restore --pid-namespace IMAGE", "mount /proc/sys writable, with CAP_CHECKPOINT_RESTORE"));
        }
        String used = pids.used() + " of " + pids.max() + " pids are in use, the last one given is " + pids.last();
        if (pids.used() > pids.max() * 3 / 4) {
            findings.add(Finding.needs(used, "most numbers are taken: those of an image probably too", "sysctl kernel.pid_max=4194304", "thaw restore --pid-namespace IMAGE"));
        } else if (pids.inNamespace()) {
            findings.add(Finding.note(used + ", in a pid namespace", "numbers are low here, and those of an image are easily taken",
                    "thaw run --pid-floor 10000 …, which starts the application higher"));
        } else if (pids.max() <= FEW_PIDS) {
            findings.add(Finding.note(used, "with so few numbers each comes round again soon, and may be taken when an image needs it", "sysctl kernel.pid_max=4194304"));
        } else {
            findings.add(Finding.fine(used));
        }
    }

    private void run(HostFacts.RunDirectory run) {
        if (run.staleSeconds().filter(age -> age > STALE_SECONDS).isPresent()) {
            findings.add(Finding.note("/run/criu.kdat.tmp is left over", "as long as it is there criu asks the kernel anew at each start, which takes 25 ms",
                    "rm /run/criu.kdat.tmp"));
        }
        if (!run.fileSystem().equals("tmpfs")) {
            findings.add(Finding.note("/run is on " + run.fileSystem() + ", not on tmpfs", "criu caches what it finds out about the kernel only there: 25 ms more at each start",
                    "mount -t tmpfs tmpfs /run, at boot"));
        } else if (!run.writable()) {
            findings.add(Finding.note("/run is not writable", "criu asks the kernel anew at each start, which takes 25 ms", "run thaw as root"));
        } else {
            findings.add(Finding.fine("/run can hold criu's cache"));
        }
    }

    private void cgroups(HostFacts.Cgroups cgroups) {
        if (cgroups.layout().isEmpty()) {
            findings.add(Finding.note("no cgroup file system is mounted", "files of cgroups that an application holds open cannot be found again"));
        } else {
            findings.add(Finding.fine("cgroups " + cgroups.layout() + "; a restored tree will be in " + String.join(", ", cgroups.own())));
        }
    }

    private void limits(HostFacts.Limits limits) {
        if (limits.openFilesHard() >= 0 && limits.openFilesHard() < FEW_FILES) {
            findings.add(Finding.needs("at most " + limits.openFilesHard() + " open files (hard limit)", "criu needs numbers above all of the application's",
                    "ulimit -Hn 65536, as root, before thaw"));
        } else {
            findings.add(Finding.fine("open files: " + words(limits.openFilesSoft()) + ", at most " + words(limits.openFilesHard())));
        }
        if (limits.availableKibibytes() < FEW_KIBIBYTES) {
            findings.add(Finding.needs("only " + limits.availableKibibytes() / 1024 + " MiB of memory are available", "a restore needs as much as the image has pages", "free -m"));
        }
    }

    private static String words(long limit) {
        return limit < 0 ? "no limit" : Long.toString(limit);
    }
}
