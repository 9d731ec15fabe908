package dev.thaw.check.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.check.AtThree;
import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import dev.thaw.check.Severity;
import dev.thaw.check.host.HostFacts.Cgroups;
import dev.thaw.check.host.HostFacts.ConfigFile;
import dev.thaw.check.host.HostFacts.Leftovers;
import dev.thaw.check.host.HostFacts.Limits;
import dev.thaw.check.host.HostFacts.Pids;
import dev.thaw.check.host.HostFacts.Rights;
import dev.thaw.check.host.HostFacts.RunDirectory;
import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuSearch;
import dev.thaw.criu.CriuVersion;
import dev.thaw.linux.Capabilities;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each thing that check host looks at, with its remedy. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class HostCheckTest {
    private static final long ALL = (1L << 41) - 1;

    /** A machine on which nothing is wrong, with what a test changes. */
    private static final class Machine {
        private CriuSearch criu = criu(4, 2);
        private List<String> warnings = List.of();
        private boolean timeNamespaces = true;
        private OptionalInt memfdNoexec = OptionalInt.of(0);
        private NetworkLock lock = NetworkLock.NFTABLES;
        private Rights rights = rights(0, ALL, false, false, "", 1);
        private RunDirectory run = new RunDirectory("tmpfs", true, Optional.empty());
        private Cgroups cgroups = new Cgroups("v2", List.of("/shop"));
        private Pids pids = new Pids(4194304, 1000, 300, true, false);
        private List<ConfigFile> files = List.of();
        private Limits limits = new Limits(1024, 524288, 8 << 20);
        private Leftovers leftovers = new Leftovers(List.of(), List.of(), List.of());

        Findings check() {
            return HostCheck.of(new HostFacts(criu, warnings, "6.18.0", timeNamespaces, memfdNoexec, lock, rights, run, cgroups, pids, files, limits, leftovers));
        }
    }

    private static CriuBinary criu(int major, int minor) {
        return new CriuBinary("/usr/sbin/criu", new CriuVersion(major, minor, 0), "PATH", List.of());
    }

    private static Rights rights(int uid, long capabilities, boolean filtered, boolean ownNamespace, String confinement, int ptraceScope) {
        return new Rights(uid, capabilities, capabilities, filtered, ownNamespace, confinement, OptionalInt.of(ptraceScope));
    }

    private static Rights without(int capability) {
        return rights(0, ALL & ~(1L << capability), false, false, "", 1);
    }

    private interface Change {
        void on(Machine machine);
    }

    private static Arguments when(String name, Change change, Severity severity, String what, String toDo) {
        Machine machine = new Machine();
        change.on(machine);
        return Arguments.of(name, machine.check(), severity, what, toDo);
    }

    static Stream<Arguments> machines() {
        return Stream.of(
                when("no criu", m -> m.criu = new CriuSearch.NotFound(List.of()), Severity.STOPS, "there is no criu that works", "scripts/install-criu"),
                when("a criu that does not work", m -> m.criu = new CriuSearch.Unusable("/x/criu", "it is no program"), Severity.STOPS, "/x/criu", "without --criu"),
                when("a criu with a known defect on this kernel", m -> m.criu = criu(3, 17), Severity.NEEDS, "criu 3.17 on Linux 6.18.0", "scripts/install-criu"),
                when("a criu that restores one at a time", m -> m.criu = criu(4, 0), Severity.DIFFERS, "restores one application at a time", "scripts/install-criu"),
                when("a warning of criu check", m -> m.warnings = List.of("no guard pages"), Severity.NOTE, "criu check --all: no guard pages", ""),
                when("a criu passed over", m -> m.criu = new CriuBinary("/usr/sbin/criu", new CriuVersion(4, 2, 0), "PATH",
                        List.of(new CriuSearch.Passed("/old/criu", "PATH", "too old"))), Severity.NOTE, "passed over: /old/criu", ""),
                when("no time namespaces", m -> m.timeNamespaces = false, Severity.DIFFERS, "no time namespaces", "CONFIG_TIME_NS"),
                when("no executable memory files", m -> m.memfdNoexec = OptionalInt.of(2), Severity.NEEDS, "vm.memfd_noexec is 2", "sysctl vm.memfd_noexec=1"),
                when("neither nftables nor iptables", m -> m.lock = NetworkLock.SKIP, Severity.NEEDS, "neither nftables nor iptables", "--tcp close"),
                when("no CAP_CHECKPOINT_RESTORE", m -> m.rights = rights(33, 0, false, false, "", 0), Severity.STOPS, "CAP_CHECKPOINT_RESTORE is missing", "setpriv"),
                when("no CAP_SYS_RESOURCE", m -> m.rights = without(Capabilities.SYS_RESOURCE), Severity.NEEDS, "CAP_SYS_RESOURCE is missing", "--cap-add SYS_RESOURCE"),
                when("no CAP_NET_ADMIN", m -> m.rights = without(Capabilities.NET_ADMIN), Severity.NEEDS, "CAP_NET_ADMIN is missing", "--tcp close"),
                when("no CAP_SYS_PTRACE", m -> m.rights = without(Capabilities.SYS_PTRACE), Severity.NEEDS, "CAP_SYS_PTRACE is missing", "setpriv"),
                when("a user namespace", m -> m.rights = rights(0, ALL, false, true, "", 1), Severity.NEEDS, "runs in a user namespace", "run it outside"),
                when("a seccomp filter", m -> m.rights = rights(0, ALL, true, false, "", 1), Severity.NEEDS, "under a seccomp filter", "seccomp=unconfined"),
                when("Yama", m -> m.rights = rights(0, ALL, false, false, "", 3), Severity.STOPS, "ptrace_scope is 3", "/etc/sysctl.d"),
                when("AppArmor", m -> m.rights = rights(0, ALL, false, false, "docker-default (enforce)", 1), Severity.NOTE, "confined as docker-default", "same profiles"),
                when("a stale kdat", m -> m.run = new RunDirectory("tmpfs", true, Optional.of(3600L)), Severity.NOTE, "/run/criu.kdat.tmp is left over", "rm /run/criu.kdat.tmp"),
                when("/run on a disk", m -> m.run = new RunDirectory("ext4", true, Optional.empty()), Severity.NOTE, "/run is on ext4", "mount -t tmpfs"),
                when("a yard", m -> m.leftovers = new Leftovers(List.of("/x/.criu.cgyard.Ab"), List.of(), List.of()), Severity.NEEDS, "/x/.criu.cgyard.Ab", "umount -R -l /x/.criu.cgyard.Ab"),
                when("a network lock", m -> m.leftovers = new Leftovers(List.of(), List.of(), List.of("the iptables chain CRIU")), Severity.NEEDS, "the iptables chain CRIU", "iptables-save"),
                when("kept logs", m -> m.leftovers = new Leftovers(List.of(), List.of("/run/thaw-1-0"), List.of()), Severity.NOTE, "the log of a failed restore", "thaw explain /run/thaw-1-0"),
                when("no cgroups", m -> m.cgroups = new Cgroups("", List.of()), Severity.NOTE, "no cgroup file system", ""),
                when("ns_last_pid that cannot be written", m -> m.pids = new Pids(4194304, 1000, 300, false, false), Severity.NEEDS, "ns_last_pid cannot be written", "--pid-namespace"),
                when("few pids left", m -> m.pids = new Pids(32768, 1000, 30000, true, false), Severity.NEEDS, "30000 of 32768 pids", "sysctl kernel.pid_max"),
                when("few pids", m -> m.pids = new Pids(32768, 1000, 300, true, false), Severity.NOTE, "300 of 32768 pids", "sysctl kernel.pid_max"),
                when("a pid namespace", m -> m.pids = new Pids(4194304, 10, 3, true, true), Severity.NOTE, "in a pid namespace", "--pid-floor"),
                when("a configuration file", m -> m.files = List.of(new ConfigFile("/etc/criu/default.conf", List.of("tcp-close"))), Severity.NOTE, "/etc/criu/default.conf", ""),
                when("few open files", m -> m.limits = new Limits(256, 256, 8 << 20), Severity.NEEDS, "at most 256 open files", "ulimit -Hn"),
                when("little memory", m -> m.limits = new Limits(1024, -1, 100 << 10), Severity.NEEDS, "only 100 MiB of memory", "free -m"));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("machines")
    void each_lack_is_said_with_its_remedy_and_the_worst_first(String name, Findings findings, Severity severity, String what, String toDo) {
        AtThree.assertReadable(findings);
        Finding found = AtThree.found(findings, severity, what);
        assertTrue(String.join("; ", found.tries()).contains(toDo), found::toString);
        assertTrue(findings.verdict().compareTo(severity) <= 0);
        assertEquals(findings.verdict(), findings.all().get(0).severity());
        assertEquals(severity == Severity.STOPS, findings.stops());
    }

    /** criu check fails then, whatever else there is, and another criu would as well. */
    @Test
    void without_rights_nothing_is_said_against_a_criu_that_could_not_be_tried() {
        Machine machine = new Machine();
        machine.rights = rights(33, 0, false, false, "", 0);
        machine.criu = new CriuSearch.NotFound(List.of(new CriuSearch.Passed("/opt/criu", "PATH", "criu check (version 4.2) ended with 1")));
        Findings findings = machine.check();
        AtThree.assertReadable(findings);
        assertEquals(List.of("CAP_CHECKPOINT_RESTORE is missing (uid 33)"),
                findings.all().stream().filter(finding -> finding.severity() == Severity.STOPS).map(Finding::what).toList());
        assertTrue(findings.all().stream().flatMap(finding -> finding.tries().stream()).noneMatch(toDo -> toDo.contains("install-criu")), findings::toString);
        assertTrue(findings.all().stream().anyMatch(finding -> finding.what().equals("it is not known whether /opt/criu works (PATH)")), findings::toString);
        machine.criu = new CriuSearch.NotFound(List.of());
        assertEquals(List.of("CAP_CHECKPOINT_RESTORE is missing (uid 33)", "there is no criu that works"),
                machine.check().all().stream().limit(2).map(Finding::what).toList());
    }

    @Test
    void on_a_sound_machine_all_is_fine() {
        Findings findings = new Machine().check();
        AtThree.assertReadable(findings);
        assertEquals(Severity.FINE, findings.verdict(), findings::toString);
        assertTrue(findings.count(Severity.FINE) >= 6, findings::toString);
    }
}
