package dev.thaw.launcher;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** A start with all descriptors open, which it owns. */
public final class PreparedLaunch implements AutoCloseable {
    private static final String SHELL = "/bin/sh";

    private final SpawnPlan plan;
    private final String name;
    private final OpenSupplies supplies;
    // Described before the start: the child may close or move them at once.
    private final List<DescriptorDescription> descriptors = new ArrayList<>();
    private List<Deposited> inBroker = List.of();

    PreparedLaunch(SpawnPlan plan, String name, OpenSupplies supplies) {
        this.plan = plan;
        this.name = name;
        this.supplies = supplies;
        supplies.numbers().forEach((child, ours) ->
                descriptors.add(DescriptorDescription.describe(ProcessCalls.getpid(), ours).withFd(child)));
    }

    /** Number in the child → number here; they stay this launch's. */
    public SortedMap<Integer, Integer> numbers() {
        return supplies.numbers();
    }

    /** What is at each number in the child. */
    public List<DescriptorDescription> descriptors() {
        return List.copyOf(descriptors);
    }

    /** For the record: what the broker keeps too. */
    public void deposited(List<Deposited> deposits) {
        inBroker = List.copyOf(deposits);
    }

    /**
     * Starts a child, once.
     *
     * @throws NotStartable when the program cannot be executed; nothing runs then
     */
    public LaunchedProcess start() {
        return start(Supplier::get);
    }

    /**
     * As {@link #start()}.
     *
     * @param where runs the start itself and returns the pid, as in a thread with namespaces of its own
     */
    public LaunchedProcess start(ToIntFunction<Supplier<Integer>> where) {
        int pid = where.applyAsInt(this::spawn);
        return new LaunchedProcess(pid, record(pid), supplies.takeTerminal());
    }

    /**
     * Becomes the program: this process, its pid and its parent stay, the JVM goes. Returns by exception only.
     *
     * @param beforehand is given the record when all is ready but the last step
     * @throws NotStartable when the program cannot be executed
     */
    public void become(Consumer<LaunchRecord> beforehand) {
        beforehand.accept(record(ProcessCalls.getpid()));
        ProcessReplacement.replace(plan, supplies.numbers());
    }

    @Override
    public void close() {
        supplies.close();
    }

    /** The shell that a script without {@code #!} is given to, as execvp(3) and every shell do. */
    static List<String> throughShell(SpawnPlan plan) {
        List<String> argv = new ArrayList<>(List.of(SHELL, plan.program()));
        argv.addAll(plan.argv().subList(1, plan.argv().size()));
        return argv;
    }

    private int spawn() {
        try {
            return PosixSpawn.spawn(request(plan.program(), plan.argv()));
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOEXEC)) {
                throw NotStartable.of(plan.argv().get(0), e);
            }
            return PosixSpawn.spawn(request(SHELL, throughShell(plan)));
        }
    }

    private PosixSpawn.Request request(String program, List<String> argv) {
        OptionalInt terminal = plan.supplies().entrySet().stream()
                .filter(supply -> supply.getValue() instanceof Supply.Terminal)
                .mapToInt(Map.Entry::getKey)
                .findFirst();
        return new PosixSpawn.Request(
                program,
                argv,
                plan.environment(),
                supplies.numbers(),
                plan.session() == SessionPolicy.NEW ? PosixSpawn.Session.NEW_SESSION : PosixSpawn.Session.SAME,
                plan.directory(),
                true,
                plan.ignoredSignals(),
                plan.noFileSoftLimit(),
                terminal);
    }

    private LaunchRecord record(int pid) {
        // A child that has ended already is a zombie of ours, so its line is there.
        long startTicks = ProcessStat.read(pid).map(ProcessStat::startTicks).orElse(0L);
        return new LaunchRecord(
                LaunchRecord.FORMAT,
                name,
                pid,
                startTicks,
                KernelString.decode(FileCalls.readAll("/proc/sys/kernel/random/boot_id")).strip(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                plan.asked().command(),
                plan.asked().program(),
                plan.directory().orElseGet(FileCalls::getcwd),
                plan.session(),
                descriptors,
                inBroker);
    }
}
