package dev.thaw.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.criu.ShortStart;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ServiceUnitTest {
    private static Handover handover(int number, int fd, Opening opening) {
        return new Handover(number, "key-" + fd, Handover.Way.BY_KEY, List.of(new Use(Use.Kind.DESCRIPTOR, List.of(100), 1, fd)), "", opening, 0,
                new Handover.Bytes(new byte[0]), "auto", "");
    }

    private static Opening path(String path, int flags) {
        return new Opening.Path(path, flags, OptionalInt.empty(), -1);
    }

    private static CompiledPlan plan(Optional<OwnCgroup> cgroup, Set<Integer> streams, String letters, Handover... handovers) {
        RestorePlan plan = new RestorePlan("/image/000001", 100, List.of(handovers), List.of(), Optional.empty(),
                new RestorePlan.CriuSwitches(false, false, Optional.empty(), false, false, List.of()), List.of(), List.of(100), List.of());
        return new CompiledPlan("/image/000001", "/image/000001/restore.d", 100, List.of(100), new CompiledPlan.Machine("boot", false, "", ""), "0", cgroup, List.of(),
                List.of(), List.of(), "/opt/criu", List.of("/opt/criu"), true, true, new ShortStart.Decision(Optional.empty(), "it is a test"), Optional.empty(), "{}",
                streams, List.of(new Variant(letters, "/image/000001", plan)));
    }

    @Test
    void shell_opens_what_the_plan_says_and_the_proof_looks_at_it() {
        CompiledPlan plan = plan(Optional.empty(), Set.of(1), "-s-", handover(3, 1, new Opening.Own(1)),
                handover(4, 5, path("/var/log/a b", OpenFlags.O_WRONLY | OpenFlags.O_APPEND)), handover(5, 7, path("/etc/100%:x", OpenFlags.O_RDONLY)));
        String unit = ServiceUnit.of(plan).orElseThrow().text();
        String start = unit.lines().filter(line -> line.startsWith("ExecStart=/bin/sh -c \"[ -f '/var/log/a b' ] || ")).findFirst().orElseThrow();
        assertTrue(start.contains(" --inherit-fd 'fd[3]:key-1' --inherit-fd 'fd[4]:key-5' --inherit-fd 'fd[5]:key-7' "), start);
        assertTrue(start.endsWith(" 3>&1 4>>'/var/log/a b' 5</etc/100%%:x\""), start);
        assertTrue(start.contains("[ /proc/100/fd/1 -ef /proc/$$PPID/fd/1 ] || exit 1; [ /proc/100/fd/5 -ef "), start);
        assertTrue(unit.contains("\nPIDFile=/run/thaw-%N/pid\n") && start.contains(" --restore-detached ") && !start.contains("--restore-sibling"), unit);
    }

    @Test
    void plan_of_other_streams_or_of_our_cgroup_is_no_unit() {
        assertEquals(Optional.empty(), ServiceUnit.of(plan(Optional.empty(), Set.of(1), "-p-", handover(3, 1, new Opening.Own(1)))));
        assertEquals(Optional.empty(), ServiceUnit.of(plan(Optional.of(new OwnCgroup(List.of("/sys/fs/cgroup/a/cgroup.procs"), List.of(), List.of(), "")), Set.of(), "---")));
        assertTrue(ServiceUnit.of(plan(Optional.empty(), Set.of(0, 1, 2), "nss=", handover(3, 1, new Opening.Own(1)))).isPresent());
    }

    @Test
    void file_of_the_cgroup_is_opened_in_the_services_own() {
        MountInfo mount = MountInfo.parse("31 23 0:27 /outer /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").get(0);
        List<CgroupMembership> ours = List.of(new CgroupMembership(0, List.of(), "/outer/shell"));
        OwnCgroup cgroup = new OwnCgroup(List.of("/sys/fs/cgroup/a/memory.events"), List.of(mount), ours, "");
        String path = "/sys/fs/cgroup" + OwnCgroup.placeholders(ours, List.of(mount)).get(0).path().substring("/outer".length()) + "/memory.events";
        Opening.Path opening = new Opening.Path(path, OpenFlags.O_RDONLY, OptionalInt.empty(), 12);
        String unit = ServiceUnit.of(plan(Optional.of(cgroup), Set.of(), "---@", handover(3, 7, opening))).orElseThrow().text();
        assertTrue(unit.contains("do case $$line:$$path/ in */../*) ;; :/outer/*) cgroup0=/sys/fs/cgroup$${path#/outer} ;; esac; done </proc/self/cgroup; "), unit);
        assertTrue(unit.contains("; exec 3<\\\"$$cgroup0\\\"/memory.events; head -c 12 <&3 >/dev/null; "), unit);
        assertTrue(unit.contains(" [ /proc/100/fd/7 -ef \\\"$$cgroup0\\\"/memory.events ] || exit 1"), unit);
    }

    @Test
    void word_of_a_unit_is_read_as_it_was() {
        assertEquals("\"a $$b %%N \\\"c\\\" \\\\d\\x0a\\xe9\"", ServiceUnit.quote("a $b %N \"c\" \\d\n\u00e9"));
    }
}
