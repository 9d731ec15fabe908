package dev.thaw.launcher;

import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A command that this process becomes, with further descriptors; what the caller gave us it gets too. */
public final class CommandWithDescriptors {
    private static final int FIRST_OF_LISTEN_FDS = 3;

    private final List<String> command;
    private final List<String> environment;

    public CommandWithDescriptors(List<String> command, List<String> environment) {
        this.command = List.copyOf(command);
        this.environment = List.copyOf(environment);
    }

    /**
     * Returns by exception only.
     *
     * @param first number of the first descriptor in the command; LISTEN_FDS and its companions are set when it is 3 (man 3 sd_listen_fds)
     * @param names of the descriptors, for LISTEN_FDNAMES
     * @param fds one for each name; stay the caller's
     * @throws NotStartable when it cannot be executed
     */
    public void become(int first, List<String> names, List<OwnedFd> fds) {
        LaunchSpec spec = LaunchSpec.of(command);
        Caller caller = Caller.look(spec, environment);
        List<String> variables = first == FIRST_OF_LISTEN_FDS ? activated(environment, names) : environment;
        Program program = Program.find(command.get(0), variables, Optional.empty());
        SortedMap<Integer, Integer> numbers = new TreeMap<>();
        for (int number : ProcessTable.descriptors(ProcessCalls.getpid())) {
            boolean closed = caller.closedStreams().contains(number);
            if (number <= 2 && !closed || number > 2 && InheritedDescriptors.contains(number)) {
                numbers.put(number, number);
            }
        }
        for (int i = 0; i < fds.size(); i++) {
            numbers.put(first + i, fds.get(i).number());
        }
        SpawnPlan plan = new SpawnPlan(program.path(), command, new SpawnPlan.Asked(program.path(), command), variables, new TreeMap<>(), SessionPolicy.SAME,
                Optional.empty(), caller.ignoredSignals(), caller.noFileSoftLimit(), List.of());
        ProcessReplacement.replace(plan, numbers);
    }

    /** The pid stays, so LISTEN_PID can be said beforehand. A colon separates names there. */
    static List<String> activated(List<String> environment, List<String> names) {
        List<String> variables = new ArrayList<>(environment);
        variables.removeIf(entry -> entry.matches("(?s)LISTEN_(FDS|PID|FDNAMES)=.*") || entry.startsWith(Caller.CLOSED_STREAMS + "="));
        variables.add("LISTEN_FDS=" + names.size());
        variables.add("LISTEN_PID=" + ProcessCalls.getpid());
        variables.add("LISTEN_FDNAMES=" + String.join(":", names.stream().map(name -> name.replace(':', '-')).toList()));
        return variables;
    }
}
