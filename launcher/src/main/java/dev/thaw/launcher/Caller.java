package dev.thaw.launcher;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.fdbroker.Source;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the one who started thaw gave it, as {@link SpawnPlanner} needs it.
 *
 * @param environment {@code KEY=VALUE}
 * @param descriptors those of 0, 1, 2 and of the others asked about that the caller gave us, by number
 * @param closedStreams which of 0, 1 and 2 the caller had closed; they are open on /dev/null by now
 * @param stdinIsForegroundTerminal whether descriptor 0 is a terminal that we may read from
 * @param ignoredSignals signals that the caller left ignored
 * @param noFileSoftLimit the caller's soft limit of descriptors, where ours is another
 */
public record Caller(
        List<String> environment,
        Map<Integer, DescriptorDescription> descriptors,
        Set<Integer> closedStreams,
        boolean stdinIsForegroundTerminal,
        Set<Integer> ignoredSignals,
        OptionalLong noFileSoftLimit) {

    /** Set by the {@code thaw} script, as the JVM would fill a closed 0, 1 or 2 with files of its own: the numbers, separated by blanks. */
    public static final String CLOSED_STREAMS = "THAW_CLOSED_STREAMS";

    public Caller {
        environment = List.copyOf(environment);
        descriptors = Map.copyOf(descriptors);
        closedStreams = Set.copyOf(closedStreams);
        ignoredSignals = Set.copyOf(ignoredSignals);
    }

    /** What a service manager gave this process, as its environment tells. */
    public SocketActivation activation() {
        return SocketActivation.of(environment, ProcessCalls.getpid());
    }

    /** Looks at this process, and there at the descriptors that the specification names. */
    public static Caller look(LaunchSpec spec, List<String> environment) {
        Set<Integer> wanted = new TreeSet<>(spec.kept());
        for (Source source : spec.streams().values()) {
            if (source instanceof Source.Descriptor descriptor) {
                wanted.add(descriptor.number());
            }
        }
        wanted.removeIf(fd -> fd > 2 && !InheritedDescriptors.contains(fd));
        wanted.addAll(List.of(0, 1, 2));
        Map<Integer, DescriptorDescription> descriptors = new TreeMap<>();
        for (int fd : wanted) {
            DescriptorDescription.describeIfOpen(ProcessCalls.getpid(), fd).ifPresent(found -> descriptors.put(fd, found));
        }
        return new Caller(
                environment,
                descriptors,
                closedStreams(environment),
                isForegroundTerminal(),
                StatusFile.read(ProcessCalls.getpid()).ignoredSignals(),
                callersSoftLimit());
    }

    /** Which of 0, 1 and 2 the caller had closed, as the launcher script says. */
    public static Set<Integer> closedStreams(List<String> environment) {
        Set<Integer> closed = new TreeSet<>();
        for (String entry : environment) {
            if (entry.startsWith(CLOSED_STREAMS + "=")) {
                for (String number : entry.substring(CLOSED_STREAMS.length() + 1).split("[^0-9]+")) {
                    if (number.length() == 1 && number.charAt(0) <= '2') {
                        closed.add(number.charAt(0) - '0');
                    }
                }
            }
        }
        return closed;
    }

    /** A terminal that is not our controlling one has no foreground as far as we are concerned, and may be read. */
    private static boolean isForegroundTerminal() {
        if (!TerminalCalls.isTerminal(0)) {
            return false;
        }
        ProcessStat self = ProcessStat.read(ProcessCalls.getpid()).orElseThrow();
        return self.terminalGroup() <= 0 || self.terminalGroup() == self.processGroup();
    }

    /** The JVM raises the soft limit unless told not to, and what it was is lost; the parent's is the best guess then. */
    private static OptionalLong callersSoftLimit() {
        if (ProcessTable.arguments(ProcessCalls.getpid()).contains("-XX:-MaxFDLimit")) {
            return OptionalLong.empty();
        }
        ProcessCalls.Limit ours = ProcessCalls.noFileLimit();
        try {
            int parent = ProcessStat.read(ProcessCalls.getpid()).orElseThrow().parentPid();
            ProcessCalls.Limit parents = ProcessCalls.noFileLimit(parent);
            return parents.hard() == ours.hard() && parents.soft() != ours.soft() ? OptionalLong.of(parents.soft()) : OptionalLong.empty();
        } catch (LinuxException notOurs) {
            return OptionalLong.empty();
        }
    }
}
