package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.check.Severity;
import dev.thaw.check.pid.PidCheck;
import dev.thaw.check.pid.PidReader;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.CheckpointPlanner;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.Finding;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScanner;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A look at living processes; nobody is stopped for it, so neither root nor criu is needed. */
@IntegrationTest
class TreeScanIT {
    private static final DumpOptions DUMP = new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of());

    @Test
    void processes_come_with_their_ids_and_the_root_first(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("child");
            Puppet grandchild = child.child("grandchild", "session=True");
            TreeScan scan = scan(puppet);
            assertEquals(List.of(puppet.pid(), child.pid(), grandchild.pid()), scan.processes().stream().map(ScannedProcess::pid).toList());
            assertEquals(List.of(0, puppet.pid(), child.pid()), List.of(0, scan.processes().get(1).parentPid(), scan.processes().get(2).parentPid()));
            assertEquals(List.of(puppet.pid(), puppet.pid(), grandchild.pid()), scan.processes().stream().map(ScannedProcess::session).toList());
            assertEquals(ProcessCalls.getpid(), scan.dumper().lineage().get(0));
            assertEquals(List.of(), scan.intruders());
            assertEquals(Optional.empty(), TreeScanner.scan(99_999_999));
        }
    }

    /** Each program that it starts shares its memory for a moment, between vfork and exec. */
    @Test
    void a_shell_that_starts_programs_all_the_time_can_be_dumped_at_each_look(Scratch scratch) {
        DumpOptions options = new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of());
        try (Program shell = Program.with().nullStreams().start("/bin/sh", "-c", "while :; do /bin/true; done")) {
            for (int look = 0; look < 40; look++) {
                List<Finding> problems = CheckpointPlanner.judge(TreeScanner.scan(shell.pid()).orElseThrow().lookedAtByRoot(), options).findings().stream()
                        .filter(Finding::isProblem).toList();
                assertEquals(List.of(), problems, "at look " + look);
            }
        }
    }

    @Test
    void who_has_the_other_end_outside_is_named(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0);
                TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(1, pipe.writer().number()).descriptor(5, pty.slave()).nullStreams().start()) {
            TreeScan scan = scan(puppet);
            String key = TreeScan.pipeKey(FileCalls.fstat(pipe.reader().number()).inode());
            assertTrue(scan.holders(key).stream().anyMatch(
                    holder -> holder.pid() == ProcessCalls.getpid() && holder.fd() == pipe.reader().number() && holder.access().equals("read")));
            int index = Integer.parseInt(pty.slavePath().replace("/dev/pts/", ""));
            assertEquals(List.of(pty.master()), scan.holders(TreeScan.masterKey(index)).stream().map(TreeScan.Holder::fd).toList());
            assertEquals(index, descriptor(scan, 5).slaveIndex());
        }
    }

    @Test
    void files_are_found_by_their_path_or_not(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("for name, n in [('there', 5), ('gone', 6), ('replaced', 7), ('linked', 8), ('odd (deleted)', 9)]:\n"
                    + " place(os.open('" + scratch.path() + "/' + name, os.O_CREAT | os.O_WRONLY), n)\n"
                    + "os.chdir('" + scratch.path() + "'); os.unlink('gone'); open('new', 'w'); os.rename('new', 'replaced')\n"
                    + "os.link('linked', 'link'); os.unlink('linked'); place(os.open('/proc/self/stat', 0), 10); place(os.pipe()[0], 11)");
            TreeScan scan = scan(puppet);
            assertEquals(List.of(Place.THERE, Place.DELETED, Place.DELETED, Place.DELETED, Place.THERE, Place.THERE, Place.NO_PATH),
                    List.of(5, 6, 7, 8, 9, 10, 11).stream().map(fd -> descriptor(scan, fd).place()).toList());
            assertEquals(List.of(0L, 1L), List.of(descriptor(scan, 6).links(), descriptor(scan, 8).links()));
        }
    }

    @Test
    void deleted_mappings_come_with_size_and_number_of_names(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("g = open('" + scratch.path("g") + "', 'w+b'); g.truncate(3 << 20); m = mmap.mmap(g.fileno(), 4096); g.close()");
            puppet.eval("os.unlink('" + scratch.path("g") + "')");
            assertEquals(List.of(scratch.path("g") + " " + (3 << 20) + " 0"), scan(puppet).root().mappings().deleted().stream()
                    .map(file -> file.path() + " " + file.sizeBytes() + " " + file.links()).toList());
        }
    }

    @Test
    void a_tree_that_has_ended_is_told_to_be_a_zombie(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String zombie = puppet.eval("p = os.fork()\nif p == 0: os._exit(3)\nos.waitid(os.P_PID, p, os.WEXITED | os.WNOWAIT)\np").trim();
            PidCheck check = PidCheck.of(PidReader.read(Integer.parseInt(zombie)).orElseThrow(), DUMP);
            assertTrue(check.findings().all().get(0).what().endsWith("has ended"), check.findings()::toString);
        }
    }

    @Test
    void processes_of_the_tree_that_come_and_go_meanwhile_stand_against_nothing(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("import threading\ndef spawn():\n  while not done:\n    p = os.fork()\n    if p == 0: os.execv('/bin/true', ['true'])\n    os.waitpid(p, 0)\n"
                    + "done = False; t = [threading.Thread(target=spawn) for i in range(2)]; [x.start() for x in t]");
            for (int i = 0; i < 30; i++) {
                PidCheck check = PidCheck.of(PidReader.read(puppet.pid()).orElseThrow(), DUMP);
                assertEquals(List.of(), check.findings().all().stream().filter(found -> found.severity() != Severity.FINE).toList());
            }
            puppet.eval("done = True; [x.join() for x in t]");
        }
    }

    @Test
    @Alone
    void a_large_tree_is_looked_at_whole(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("""
                    import resource
                    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
                    for i in range(160): os.pipe()
                    for i in range(160): socket.socketpair()[0].detach()
                    for i in range(40): os.open('/etc/passwd', 0)
                    many = []
                    for i in range(40):
                        pid = os.fork()
                        if pid == 0:
                            while True: time.sleep(1000)
                        many.append(pid)""");
            long start = System.nanoTime();
            TreeScan scan = scan(puppet);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            long descriptors = scan.processes().stream().mapToInt(process -> process.descriptors().size()).sum();
            // A figure, not a judgement: the machine may be at other things.
            System.out.println("scan of " + descriptors + " descriptors: " + took.toMillis() + " ms");
            assertTrue(descriptors > 20_000, "descriptors: " + descriptors);
        }
    }

    private static TreeScan scan(Puppet puppet) {
        return TreeScanner.scan(puppet.pid()).orElseThrow();
    }

    private static ScannedDescriptor descriptor(TreeScan scan, int fd) {
        return scan.root().descriptors().stream().filter(one -> one.fd() == fd).findFirst().orElseThrow();
    }
}
