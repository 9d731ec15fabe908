package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.CgroupMembership;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Files below a cgroup mount, held open by a process whose cgroup is another one after the restore. */
@IntegrationTest
@RequiresCriu
class CgroupFilesIT {

    @Test
    void files_and_directories_of_a_vanished_cgroup_are_those_of_the_cgroup_that_restore_runs_in(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            limit(old, "11", "12");
            limit(now, "21", "22");
            open(puppet, old.file("cgroup.max.descendants"), 5);
            open(puppet, old.directory(), 6);
            open(puppet, old.file("inner/cgroup.max.descendants"), 7);
            open(puppet, old.file("cgroup.events"), 8);
            assertEquals("11\n", puppet.eval("read(5)"));
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            old.vanish();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(now.file("cgroup.max.descendants"), puppet.fd(5).link());
                assertEquals(now.directory(), puppet.fd(6).link());
                assertEquals(now.file("inner/cgroup.max.descendants"), puppet.fd(7).link());
                assertEquals("21\n", puppet.eval("os.pread(5, 99, 0).decode()"));
                assertEquals("22\n", puppet.eval("os.pread(7, 99, 0).decode()"));
                assertEquals("True", puppet.eval("'populated 1' in os.pread(8, 99, 0).decode()"));
                assertEquals("True", puppet.eval("'inner' in os.listdir(6)"));
                assertTrue(now.processes().contains(puppet.pid()));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void both_hierarchies_of_a_hybrid_are_looked_at(Scratch scratch) {
        Optional<TestCgroup> oldMemory = TestCgroup.v1("memory");
        Assumptions.assumeTrue(oldMemory.isPresent(), "no version 1 hierarchy with the memory controller");
        try (TestCgroup memory = oldMemory.get();
                TestCgroup newMemory = TestCgroup.v1("memory").orElseThrow();
                TestCgroup unified = TestCgroup.v2();
                TestCgroup newUnified = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(memory).cgroup(unified).nullStreams().start()) {
            newMemory.write("memory.limit_in_bytes", "104857600");
            newUnified.write("cgroup.max.depth", "7");
            open(puppet, memory.file("memory.limit_in_bytes"), 5);
            open(puppet, unified.file("cgroup.max.depth"), 6);
            puppet.eval("read(5); read(6)");
            String image = Thawing.dump(scratch, puppet);
            memory.vanish();
            unified.vanish();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(newMemory).cgroup(newUnified), image)) {
                assertEquals("104857600\n", puppet.eval("os.pread(5, 99, 0).decode()"));
                assertEquals("7\n", puppet.eval("os.pread(6, 99, 0).decode()"));
                assertEquals("read", puppet.fd(5).access());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void program_that_holds_its_limits_for_life_as_those_of_go_do_reads_the_new_ones(Scratch scratch) {
        Optional<TestCgroup> oldCpu = TestCgroup.v1("cpu");
        Optional<TestCgroup> oldMemory = TestCgroup.v1("memory");
        Assumptions.assumeTrue(oldCpu.isPresent() && oldMemory.isPresent(), "no version 1 hierarchies with the cpu and memory controllers");
        try (TestCgroup cpu = oldCpu.get();
                TestCgroup newCpu = TestCgroup.v1("cpu").orElseThrow();
                TestCgroup memory = oldMemory.get();
                TestCgroup newMemory = TestCgroup.v1("memory").orElseThrow();
                OwnedFd log = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND)) {
            cpu.write("cpu.cfs_quota_us", "150000");
            memory.write("memory.limit_in_bytes", "1073741824");
            newCpu.write("cpu.cfs_period_us", "50000");
            newCpu.write("cpu.cfs_quota_us", "70000");
            newMemory.write("memory.limit_in_bytes", "536870912");
            try (Program holder = Program.with().cgroup(cpu).cgroup(memory).descriptor(1, log.number()).nullStreams()
                    .start(Checkout.python(), Checkout.sample("cgroup-holder/holder.py"), "0.05")) {
                Await.until("its limits", () -> tells(scratch, "cpu.cfs_quota_us=150000, cpu.cfs_period_us=100000", "memory.limit_in_bytes=1073741824"));
                ThawProcess.run(scratch, "checkpoint", "" + holder.pid(), scratch.path("image")).expect(0);
                holder.awaitGone();
                cpu.vanish();
                memory.vanish();
                try (ThawProcess thaw = ThawProcess.in(scratch).cgroup(newCpu).cgroup(newMemory).start("restore", scratch.path("image"))) {
                    Await.until("the new limits; thaw so far:\n" + thaw.err(),
                            () -> tells(scratch, "cpu.cfs_quota_us=70000, cpu.cfs_period_us=50000", "memory.limit_in_bytes=536870912"));
                    ProcessCalls.kill(holder.pid(), Signals.SIGTERM);
                    thaw.awaitEnd().expect(128 + Signals.SIGTERM);
                }
            }
        }
    }

    @Test
    void program_that_holds_its_limits_for_life_reads_the_new_ones_of_version_2(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                OwnedFd log = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND)) {
            old.write("cgroup.max.descendants", "111");
            now.write("cgroup.max.descendants", "222");
            // Where the cpu controller is one of version 2; a hybrid has it in version 1.
            boolean cpu = FileCalls.statIfExists(old.file("cpu.max")).isPresent();
            if (cpu) {
                old.write("cpu.max", "150000 100000");
                now.write("cpu.max", "70000 50000");
            }
            try (Program holder = Program.with().cgroup(old).descriptor(1, log.number()).nullStreams()
                    .start(Checkout.python(), Checkout.sample("cgroup-holder/holder.py"), "0.05")) {
                Await.until("its limits", () -> tells(scratch, cpu ? "cpu.max=150000 100000, " : "", "cgroup.max.descendants=111"));
                ThawProcess.run(scratch, "checkpoint", "" + holder.pid(), scratch.path("image")).expect(0);
                holder.awaitGone();
                old.vanish();
                try (ThawProcess thaw = ThawProcess.in(scratch).cgroup(now).start("restore", scratch.path("image"))) {
                    Await.until("the new limits; thaw so far:\n" + thaw.err(),
                            () -> tells(scratch, cpu ? "cpu.max=70000 50000, " : "", "cgroup.max.descendants=222"));
                    ProcessCalls.kill(holder.pid(), Signals.SIGTERM);
                    thaw.awaitEnd().expect(128 + Signals.SIGTERM);
                }
            }
        }
    }

    @Test
    void file_of_a_cgroup_that_is_still_there_stays_and_the_tree_is_where_restore_runs(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            open(puppet, old.file("cgroup.max.depth"), 5);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image)) {
                assertEquals(old.file("cgroup.max.depth"), puppet.fd(5).link());
                assertTrue(CgroupMembership.read(puppet.pid()).stream().anyMatch(one -> one.isUnified() && one.path().equals(now.path())));
                assertFalse(old.processes().contains(puppet.pid()));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void file_without_a_counterpart_is_refused_with_the_place_where_it_was_looked_for(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            old.child("only-here");
            String file = old.file("only-here/cgroup.max.depth");
            open(puppet, file, 5);
            String image = Thawing.dump(scratch, puppet);
            old.vanish();
            ThawProcess.in(scratch).cgroup(now).run("restore", image).expect(121)
                    .expectErr("no source for fd 5 of pid " + puppet.pid())
                    .expectErr(file)
                    .expectErr("looked for it at " + now.file("only-here/cgroup.max.depth"));
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image, "--map",
                    file + "=" + now.file("cgroup.max.depth"))) {
                assertEquals(now.file("cgroup.max.depth"), puppet.fd(5).link());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void cgroup_may_be_named(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup named = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            named.write("cgroup.max.depth", "9");
            open(puppet, old.file("cgroup.max.depth"), 5);
            String image = Thawing.dump(scratch, puppet);
            old.vanish();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--cgroup", named.path())) {
                assertEquals("9\n", puppet.eval("read(5)"));
                // criu was started in there too, and leaves a moment after the application runs.
                Await.until("only the application in " + named.path(), () -> named.processes().equals(java.util.List.of(puppet.pid())));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    /** The controllers come in the order of the machine. */
    private static boolean tells(Scratch scratch, String cpu, String memory) {
        return scratch.read("log").lines().anyMatch(line -> line.contains(cpu) && line.contains(memory));
    }

    private static void limit(TestCgroup cgroup, String outer, String inner) {
        cgroup.write("cgroup.max.descendants", outer);
        cgroup.child("inner").write("cgroup.max.descendants", inner);
    }

    private static void open(Puppet puppet, String path, int number) {
        puppet.eval("place(os.open('" + path + "', os.O_RDONLY), " + number + ")");
    }
}
