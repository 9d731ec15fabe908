package dev.thaw.restore;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A process in criu's place, for rehearsals: it gets every descriptor of a plan under the number that criu would get, and tells what it has. Nothing
 * of the tree is restored, and nothing is written to what is opened. It ends with thaw: its standard input is a pipe of ours.
 */
public final class StandIn implements AutoCloseable {
    private static final Duration END_LIMIT = Duration.ofSeconds(2);
    private static final int MOST_BYTES = 1 << 24;

    private final FdCalls.Pipe says = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private final FdCalls.Pipe hears = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    private int pid;

    private StandIn() {}

    /**
     * A handover as it came out.
     *
     * @param got what the stand-in has under its number; of one that criu opens again, with the access that it will have
     * @param wrong empty when it is what was handed over
     * @param evidence what shows that it is
     */
    public record Arrival(Handover handover, Optional<DescriptorDescription> got, Optional<String> wrong, String evidence) {}

    /** Of an arrival: what is wrong with it, or else what shows that it is right. */
    private record Verdict(Optional<String> wrong, String evidence) {
        static Verdict wrong(String because) {
            return new Verdict(Optional.of(because), "");
        }

        static Verdict right(String evidence) {
            return new Verdict(Optional.empty(), evidence);
        }
    }

    /**
     * Opens what a plan hands over, hands it over, and looks at what arrived; then all of it is closed again.
     *
     * @param elsewhere opens sources that are neither paths, own descriptors nor the journal; the result is owned by this
     * @throws Failure with {@link ExitCode#SOURCE} when a source cannot be opened, {@link ExitCode#TIME_LIMIT} when there is no answer in time
     */
    public static List<Arrival> receive(RestorePlan plan, Function<Opening, OwnedFd> elsewhere, Duration limit) {
        try (OpenedHandovers opened = new HandoverOpener(elsewhere).open(plan); StandIn standIn = new StandIn()) {
            if (plan.handovers().isEmpty()) {
                return List.of();
            }
            standIn.start(plan, opened);
            StandInReport report = standIn.report(limit);
            return plan.handovers().stream().map(handover -> standIn.arrival(handover, opened.number(handover), report)).toList();
        }
    }

    private void start(RestorePlan plan, OpenedHandovers opened) {
        SortedMap<Integer, Integer> descriptors = new TreeMap<>(opened.forCriu());
        descriptors.put(0, hears.reader().number());
        descriptors.put(1, says.writer().number());
        descriptors.put(2, says.writer().number());
        List<String> argv = new ArrayList<>(List.of("bash", "-p", "-c", StandInReport.SCRIPT, "thaw-stand-in"));
        plan.handovers().forEach(handover -> argv.add(Integer.toString(handover.number())));
        List<String> command = CriuRun.inCgroups(argv, plan.cgroups());
        // Not a session of its own: no terminal among the descriptors is to become its controlling one.
        pid = PosixSpawn.spawn(new PosixSpawn.Request(command.get(0), command, ProcessCalls.environment(), descriptors, PosixSpawn.Session.NEW_GROUP,
                Optional.empty(), true, Set.of(), OptionalLong.empty()));
        says.writer().close();
        hears.reader().close();
    }

    private StandInReport report(Duration limit) {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[65536];
        long deadline = System.nanoTime() + limit.toNanos();
        while (!text.toString().endsWith("\n" + StandInReport.HELD + "\n")) {
            long millis = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
            boolean ready = FdCalls.poll(new int[] {says.reader().number()}, FdCalls.POLLIN, millis)[0] != 0;
            int count = ready ? FileCalls.read(says.reader().number(), buffer, 0, buffer.length) : 0;
            if (count <= 0 || text.length() > MOST_BYTES) {
                throw new Failure(ready ? ExitCode.FAILURE : ExitCode.TIME_LIMIT, "the stand-in did not tell what it has got",
                        List.of(ready ? "it ended early" : "it has not answered within " + Durations.format(limit), "it said: " + text.toString().strip()),
                        List.of("with bash and stat in PATH, which it is made of"));
            }
            text.append(KernelString.decode(buffer, 0, count));
        }
        return StandInReport.parse(text.toString());
    }

    private Arrival arrival(Handover handover, int ours, StandInReport report) {
        Optional<StandInReport.Got> got = report.of(handover.number());
        if (got.isEmpty()) {
            return new Arrival(handover, Optional.empty(), Optional.of("it has no descriptor " + handover.number()), "");
        }
        boolean reopened = handover.way() == Handover.Way.REOPENED;
        String link = ProcessTable.link(pid, handover.number());
        DescriptorDescription found = DescriptorDescription.of(handover.number(), got.get().info(), link, got.get().status());
        int access = (reopened ? handover.flags() : found.flags()) & OpenFlags.O_ACCMODE;
        DescriptorDescription told = new DescriptorDescription(found.fd(), found.kind(), found.link(), found.key(), OpenFlags.access(access),
                found.flags() & ~OpenFlags.O_ACCMODE | access, found.device(), found.inode(), found.mountId(), found.position());
        Verdict verdict = !Proof.isSameFile(got.get().status(), FileCalls.fstat(ours)) ? Verdict.wrong("it has " + KernelString.printable(link) + " there")
                : reopened ? reopening(handover) : sameDescription(handover.number(), ours);
        return new Arrival(handover, Optional.of(told), verdict.wrong(), verdict.evidence());
    }

    private Verdict sameDescription(int number, int ours) {
        try {
            return ProcessCalls.kcmpFile(ProcessCalls.getpid(), ours, pid, number) == 0 ? Verdict.right("the same open file description")
                    : Verdict.wrong("it is another open file description of the same file");
        } catch (LinuxException e) {
            // As in the proof of a restore: kind, device and inode are what is left to compare.
            if (e.is(Errno.EPERM) || e.is(Errno.ENOSYS) || e.is(Errno.EACCES)) {
                return Verdict.right("the same file; kcmp(2) is not permitted here");
            }
            throw e;
        }
    }

    /** As criu will do it, but for the waiting. */
    private Verdict reopening(Handover handover) {
        int access = handover.flags() & OpenFlags.O_ACCMODE;
        try (OwnedFd again = FileCalls.open("/proc/" + pid + "/fd/" + handover.number(), access | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY)) {
            return FileCalls.fstat(again.number()).inode() == FileCalls.stat("/proc/" + pid + "/fd/" + handover.number()).inode() ? Verdict.right("opened again")
                    : Verdict.wrong("opened again, it is something else");
        } catch (LinuxException e) {
            return Verdict.wrong("it cannot be opened again for " + OpenFlags.access(access) + ": " + e.getMessage());
        }
    }

    /** Ends it. */
    @Override
    public void close() {
        says.close();
        hears.close();
        if (pid != 0 && ProcessCalls.waitPid(pid, END_LIMIT).isEmpty()) {
            ProcessCalls.kill(-pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, END_LIMIT);
        }
    }
}
