package dev.thaw.check.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.check.AtThree;
import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import dev.thaw.check.Severity;
import dev.thaw.compat.Kind;
import dev.thaw.compat.Mismatch;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuSearch;
import dev.thaw.criu.CriuVersion;
import dev.thaw.image.ImageBuilder;
import dev.thaw.linux.Capabilities;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestorePlan;
import dev.thaw.restore.PidHolders.PidHolder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each thing that check image looks at, with who has what the image needs and what to do. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ImageCheckTest {
    private static final long ALL = (1L << 41) - 1;

    /** An image of one process on a machine that has all it needs, with what a test changes. */
    private static final class Case {
        private final ImageBuilder image = new ImageBuilder();
        private final List<PlanProblem> problems = new ArrayList<>();
        private final List<Mismatch> mismatches = new ArrayList<>();
        private final List<PidHolder> pids = new ArrayList<>();
        private final Map<String, String> buildIds = new HashMap<>();
        private final Map<String, String> taken = new HashMap<>();
        private CriuSearch criu = new CriuBinary("/usr/sbin/criu", new CriuVersion(4, 2, 0), "PATH", List.of());
        private int uid;
        private long capabilities = ALL;
        private boolean filtered;
        private int lsm;
        private long available = 1 << 20;

        Findings check() {
            RestorePlan plan = new RestorePlan("/i", 100, List.of(), List.of(), Optional.empty(),
                    new RestorePlan.CriuSwitches(false, false, Optional.empty(), false, false, List.of()), List.of(), List.of(100), List.of());
            return ImageCheck.of(new ImageFacts("shop", image.snapshot(), Optional.empty(),
                    problems.isEmpty() ? new PlanResult.Ready(plan) : new PlanResult.Rejected(problems), mismatches, pids,
                    new ImageFacts.Machine(criu, uid, capabilities, filtered, lsm, available, buildIds, taken, List.of("127.0.0.1"))));
        }
    }

    private interface Change {
        void on(Case one);
    }

    private static Arguments when(String name, Change change, Severity severity, String what, String toDo) {
        Case one = new Case();
        one.image.task(100).command("app");
        change.on(one);
        return Arguments.of(name, one.check(), severity, what, toDo);
    }

    static Stream<Arguments> images() {
        return Stream.of(
                when("a file that is missing", c -> c.problems.add(new PlanProblem("fd 5 of pid 100 (app): /x is gone", List.of("it was open"), List.of("--map /x=null"), true)),
                        Severity.STOPS, "/x is gone", "--map /x=null"),
                when("a pid that is taken", c -> c.pids.add(new PidHolder(100, 4711, "nginx", 'S', 1, "has the number")), Severity.STOPS,
                        "pid 100 is taken by pid 4711 (nginx)", "--pid-namespace"),
                when("a pid that a zombie has", c -> c.pids.add(new PidHolder(100, 100, "app", 'Z', 7, "has the number")), Severity.NEEDS,
                        "pid 100 is still taken by a process that has ended", "ps -o"),
                when("no criu", c -> c.criu = new CriuSearch.NotFound(List.of()), Severity.STOPS, "there is no criu that works", "thaw check host"),
                when("no rights", c -> c.capabilities = 0, Severity.STOPS, "uid 0 may not restore", "as root"),
                when("processes of another user", c -> {
                    c.uid = 33;
                    c.capabilities = 1L << Capabilities.CHECKPOINT_RESTORE;
                }, Severity.STOPS, "the image has processes of uid 0, and thaw runs as uid 33", "as root"),
                when("a seccomp filter on thaw and on a thread of the image", c -> {
                    c.image.task(102).command("shop").threadWithFilter(103);
                    c.filtered = true;
                }, Severity.STOPS, "pid 102 (shop) had a seccomp filter, and thaw is under one here", "Unconfined"),
                when("another security module", c -> c.lsm = 2, Severity.STOPS, "dumped with no security module, and here is AppArmor", "same one"),
                when("a lock on a mapped file", c -> {
                    c.image.task(101).fd(5, c.image.regular("/db-shm")).maps(c.image.regular("/db-shm"));
                    c.image.posixLock(101, 5);
                }, Severity.DIFFERS, "pid 101 loses its POSIX locks on /db-shm", "docs/applications.md"),
                when("a plugin of criu", c -> c.image.plugin("cuda"), Severity.NEEDS, "dumped with plugins of criu: cuda", "ls /usr/lib/criu"),
                when("another processor", c -> c.mismatches.add(new Mismatch(Kind.values()[0], Mismatch.Severity.WARNING, "the processor lacks avx512f",
                        List.of("the program may use it"), List.of("--accept it"))), Severity.DIFFERS, "the processor lacks avx512f", "--accept"),
                when("an address that is taken", c -> {
                    c.image.task(101).fd(5, c.image.listener(11, 8080));
                    c.taken.put("tcp 0.0.0.0:8080", "pid 7 (nginx)");
                }, Severity.STOPS, "fd 5 of pid 101 is bound to tcp 0.0.0.0:8080, which is in use", "ss -lntup"),
                when("an address of another machine", c -> c.image.task(101).fd(5, c.image.listener(11, 8080).source(0x010200c0)), Severity.STOPS,
                        "192.0.2.1", "ip address add 192.0.2.1/32"),
                when("a unix socket's name that is taken", c -> {
                    c.image.task(101).fd(5, c.image.unix(11).listening().name("\0shop"));
                    c.taken.put("unix @shop", "pid 7 (shop)");
                }, Severity.STOPS, "listens at @shop, which is in use", "ss -lxp"),
                when("a unix socket's path that is taken", c -> {
                    c.image.task(101).fd(5, c.image.unix(11).listening().name("/run/shop"));
                    c.taken.put("unix /run/shop", "pid 7 (shop)");
                }, Severity.DIFFERS, "listens at /run/shop, where pid 7 (shop) listens now", "ss -lxp"),
                when("a terminal's number that is taken", c -> {
                    c.image.task(101).fd(5, c.image.pty(4, true));
                    c.taken.put("/dev/pts/4", "pid 7 (sshd)");
                }, Severity.STOPS, "a terminal that needs the number 4", "fuser -v /dev/pts/4"),
                when("another build of a program", c -> {
                    c.image.task(101).executable(c.image.regular("/usr/bin/app").buildId(0x11111111, 0x22222222));
                    c.buildIds.put("/usr/bin/app", "3333");
                }, Severity.STOPS, "/usr/bin/app is another build now", "put the old package back"));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("images")
    void each_lack_is_said_with_who_and_what_to_do(String name, Findings findings, Severity severity, String what, String toDo) {
        AtThree.assertReadable(findings);
        Finding found = AtThree.found(findings, severity, what);
        assertTrue((found.because() + "; " + found.tries()).contains(toDo), found::toString);
        assertEquals(severity == Severity.STOPS, findings.stops());
    }

    @Test
    void without_rights_nothing_is_said_against_a_criu_that_could_not_be_tried() {
        Case one = new Case();
        one.image.task(100).command("app");
        one.capabilities = 0;
        one.criu = new CriuSearch.NotFound(List.of(new CriuSearch.Passed("/opt/criu", "PATH", "criu check ended with 1")));
        assertEquals(List.of("uid 0 may not restore"), one.check().all().stream().filter(finding -> finding.severity() == Severity.STOPS).map(Finding::what).toList());
    }

    @Test
    void an_image_that_finds_all_it_needs_is_fine() {
        Case one = new Case();
        one.image.task(100).command("app").fd(0, one.image.regular("/dev/null"));
        Findings findings = one.check();
        AtThree.assertReadable(findings);
        assertEquals(Severity.NOTE, findings.verdict(), findings::toString); // thaw did not write it
        assertEquals(1, findings.count(Severity.NOTE));
        assertTrue(findings.toString().contains("all its pids and thread ids are free"), findings::toString);
    }

    @Test
    void a_filter_on_one_side_only_is_fine() {
        Case image = new Case();
        image.image.task(100).seccomp(2);
        assertFalse(image.check().stops());
        Case machine = new Case();
        machine.image.task(100);
        machine.filtered = true;
        assertFalse(machine.check().stops());
    }

    @Test
    void memory_that_is_missing_is_said() {
        Case one = new Case();
        one.image.task(100);
        one.image.file("pages-1.img", new byte[8192]);
        one.available = 0;
        Findings findings = one.check();
        assertEquals(Severity.NEEDS, findings.verdict(), findings::toString);
        assertTrue(findings.all().get(0).tries().contains("free -m"), findings::toString);
    }
}
