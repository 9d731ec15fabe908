package dev.thaw.it.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.Alone;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.Children;
import dev.thaw.it.FdEntry;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a checkpoint leaves beside its images restores them as the planner does, or leaves it to the planner. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CompiledPlanIT {
    /** With this, nothing but a compiled plan can restore. */
    private static final String NO_JAVA = "/nonexistent/java";

    @Test
    void image_that_criu_restores_by_itself_needs_no_java_and_no_streams(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            List<FdEntry> before = puppet.fdTable();
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            for (int life = 0; life < 2; life++) {
                puppet.awaitGone();
                program(scratch).run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
                assertEquals("3", puppet.eval("1 + 2"));
                assertEquals(before, puppet.fdTable());
                ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
            }
        }
    }

    @Test
    @Alone
    void program_restores_also_where_the_kernel_is_about_to_count_from_the_beginning(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            int highest = Integer.parseInt(new String(FileCalls.readAll("/proc/sys/kernel/pid_max"), UTF_8).strip());
            FileCalls.writeFile("/proc/sys/kernel/ns_last_pid", ("" + (highest - 100)).getBytes(UTF_8), 0);
            program(scratch).run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
            assertEquals("3", puppet.eval("1 + 2"));
            ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
        }
    }

    @Test
    void planner_decides_when_something_is_not_as_it_was(Scratch scratch) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, out.writer().number()).start()) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            String generation = scratch.path("image") + "/000001";
            String program = generation + "/restore.sh";
            byte[] proof = FileCalls.readAll(generation + "/restore.d/proof");

            program(scratch).run("restore", "--detach", "--no-compiled-plan", scratch.path("image")).expect(125);
            program(scratch).run("restore", "--detach", "--map", "fd:9=null", "--allow-unmatched", scratch.path("image")).expect(125);
            program(scratch).closed(0).run("restore", "--detach", scratch.path("image")).expect(125);
            FileCalls.chmod(program, 0620);
            program(scratch).run("restore", "--detach", scratch.path("image")).expect(125);
            FileCalls.chmod(program, 0600);
            FileCalls.chown(generation + "/restore.d", 65534, 0);
            program(scratch).run("restore", "--detach", scratch.path("image")).expect(125);
            FileCalls.chown(generation + "/restore.d", 0, 0);

            // A proof that fails: nothing of it has run, and nothing is left.
            FileCalls.writeFile(generation + "/restore.d/proof", "#!/bin/sh\n[ \"$CRTOOLS_SCRIPT_ACTION\" != post-restore ]\n".getBytes(UTF_8), 0700);
            program(scratch).run("restore", "--detach", scratch.path("image")).expect(125);
            assertFalse(puppet.isRunning());
            puppet.awaitGone(); // a program does not wait long for pids, Java does
            FileCalls.writeFile(generation + "/restore.d/proof", proof, 0700);

            program(scratch).run("restore", "--detach", "--pid-file", scratch.path("pid"), scratch.path("image")).expect(0).expectOut("");
            assertEquals(puppet.pid() + "\n", new String(FileCalls.readAll(scratch.path("pid")), UTF_8));
            assertEquals("3", puppet.eval("1 + 2"));
            end(puppet);

            FileCalls.writeFile(generation + "/seccomp.img", FileCalls.readAll(generation + "/seccomp.img"), 0600);
            program(scratch).run("restore", "--detach", scratch.path("image")).expect(125);
        }
    }

    /** A script, so that its command line is not what it was started by. */
    @Test
    void next_checkpoint_learns_of_the_first_start_what_it_learns_by_the_planner(Scratch scratch) {
        String app = scratch.file("an 'app", "#!" + Checkout.python() + "\nimport time\nwhile True: time.sleep(1000)\n");
        FileCalls.chmod(app, 0700);
        NameRegistry registry = new NameRegistry(scratch.path("records"));
        ThawProcess.in(scratch).environment(NameRegistry.DIRECTORY_VARIABLE, scratch.path("records"))
                .run("run", "--detach", "--stdin", "null", "--stdout", "null", "--stderr", "null", "--pid-file", scratch.path("pid"), "--", app, "a b").expect(0);
        int pid = Integer.parseInt(scratch.read("pid").strip());
        try {
            LaunchRecord first = registry.findPid(pid).orElseThrow();
            ThawProcess.in(scratch).environment(NameRegistry.DIRECTORY_VARIABLE, scratch.path("records")).run("checkpoint", "" + pid, scratch.path("image")).expect(0);
            Children.awaitFree(Set.of(pid), Await.LIMIT);
            List<LaunchRecord> records = new ArrayList<>();
            for (boolean byProgram : new boolean[] {true, false}) {
                (byProgram ? program(scratch) : ThawProcess.in(scratch)).environment(NameRegistry.DIRECTORY_VARIABLE, scratch.path("records"))
                        .run("restore", "--detach", scratch.path("image")).expect(0);
                LaunchRecord record = registry.findPid(pid).orElseThrow();
                records.add(new LaunchRecord(record.format(), record.name(), pid, 0, record.bootId(), "", record.command(), record.program(), record.directory(),
                        record.session(), List.of(), record.inBroker()));
                assertEquals(ProcessStat.read(pid).orElseThrow().startTicks(), record.startTicks());
                assertEquals(List.of(app, "a b"), record.command());
                assertEquals(first.program(), record.program());
                ProcessCalls.kill(pid, Signals.SIGKILL);
                Children.awaitFree(Set.of(pid), Await.LIMIT);
            }
            assertEquals(records.get(1), records.get(0));
        } finally {
            Children.killTrees(Set.of(pid));
        }
    }

    @Test
    void below_a_directory_that_somebody_else_can_change_nothing_is_run(Scratch scratch) {
        String above = scratch.directory("above");
        String image = scratch.directory("above/below") + "/image";
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();

            FileCalls.chown(above, 65534, 0);
            program(scratch).run("restore", "--detach", image).expect(125);
            FileCalls.chown(above, 0, 0);
            FileCalls.chmod(above, 0777);
            program(scratch).run("restore", "--detach", image).expect(125);
            FileCalls.chmod(above, 01777);
            program(scratch).run("restore", "--detach", image).expect(0);
            end(puppet);
            FileCalls.chmod(above, 0700);
            // Where the program is, but not where it was made for.
            FileCalls.rename(above, scratch.path("moved"));
            program(scratch).run("restore", "--detach", scratch.path("moved/below/image")).expect(125);
            // Links are resolved before the look, and the way taken is the one looked at.
            FileCalls.rename(scratch.path("moved"), above);
            FileCalls.symlink(above + "/below", scratch.path("link"));
            program(scratch).run("restore", "--detach", scratch.path("link/image")).expect(0);
            end(puppet);
        }
    }

    @Test
    void of_many_at_once_one_restores_and_the_others_leave_it_alone(Scratch scratch) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, out.writer().number()).start()) {
            Puppet child = puppet.child("child");
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            List<String> images = FileCalls.list(scratch.path("image/000001"));
            List<String> program = new ArrayList<>(FileCalls.list(scratch.path("image/000001/restore.d")));
            program.add("stats-restore"); // criu's own
            List<ThawProcess> all = new ArrayList<>();
            try {
                for (int i = 0; i < 8; i++) {
                    // Half of them may plan anew.
                    all.add((i % 2 == 0 ? program(scratch) : ThawProcess.in(scratch).throughScript()).descriptor(1, out.writer().number())
                            .start("restore", "--detach", scratch.path("image")));
                }
                out.writer().close();
                List<ThawProcess.Result> refused = new ArrayList<>();
                all.stream().map(ThawProcess::awaitEnd).filter(result -> result.exitCode() != 0).forEach(refused::add);
                assertEquals(7, refused.size());
                for (ThawProcess.Result result : refused) {
                    if (result.exitCode() != 125) {
                        result.expect(121).expectErr("taken");
                    }
                }
            } finally {
                all.forEach(ThawProcess::close);
            }
            assertEquals(puppet.pid() + "", child.eval("os.getppid()"));
            puppet.eval("write(1, 'once')");
            child.eval("leave(0)");
            end(puppet);
            // Nobody else holds what was handed over, and nothing lies about.
            assertEquals("once", Bytes.readToEnd(out.reader().number()));
            assertEquals(images, FileCalls.list(scratch.path("image/000001")));
            assertEquals(program, FileCalls.list(scratch.path("image/000001/restore.d")));
        }
    }

    /** Another boot is told by its id; a kernel that was replaced meanwhile, by its release. */
    @Test
    void after_a_reboot_the_program_restores_and_under_another_kernel_it_does_not(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            String reboot = over(scratch, "/proc/sys/kernel/random/boot_id", "01234567-89ab-cdef-0123-456789abcdef\n");
            String update = over(scratch, "/proc/sys/kernel/osrelease", "99.9.9\n");
            after(scratch, reboot + update).run("restore", "--detach", scratch.path("image")).expect(125);
            after(scratch, reboot).run("restore", "--detach", scratch.path("image")).expect(0);
            assertEquals("3", puppet.eval("1 + 2"));
            end(puppet);
        }
    }

    /** A line of shell that has a file of the kernel's say something else. */
    private static String over(Scratch scratch, String file, String content) {
        return "mount --bind " + scratch.file(file.substring(file.lastIndexOf('/') + 1), content) + " " + file + " || exit 99\n";
    }

    /** The program, in a mount namespace of its own in which this was done before. */
    private static ThawProcess.Builder after(Scratch scratch, String lines) {
        String inside = scratch.file("inside", "#!/bin/sh\n" + lines + "exec " + Checkout.root().resolve("thaw") + " \"$@\"\n");
        String outside = scratch.file("outside", "#!/bin/sh\nexec unshare --mount " + inside + " \"$@\"\n");
        FileCalls.chmod(inside, 0700);
        FileCalls.chmod(outside, 0700);
        return ThawProcess.in(scratch).throughScript(outside).environment("THAW_JAVA", NO_JAVA);
    }

    private static ThawProcess.Builder program(Scratch scratch) {
        return ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", NO_JAVA);
    }

    private static void end(Puppet puppet) {
        ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
        puppet.awaitGone();
    }
}
