package dev.thaw.launcher;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Descriptors that a service manager passed on: sockets it listens at, files of OpenFile=, its descriptor store (man 3 sd_listen_fds).
 *
 * @param numbers from 3 on; empty when none were passed to this process
 * @param names as the manager knows them; several descriptors of one name: the first
 */
public record SocketActivation(List<Integer> numbers, Map<String, Integer> names) {
    private static final int FIRST = 3;
    private static final int MOST = 10_000;
    private static final String COUNT = "LISTEN_FDS";
    private static final String PID = "LISTEN_PID";
    private static final String NAMES = "LISTEN_FDNAMES";

    public SocketActivation {
        numbers = List.copyOf(numbers);
        names = Map.copyOf(names);
    }

    /** @param pid of the process that was given {@code environment}: what is meant for another is not for it */
    public static SocketActivation of(List<String> environment, int pid) {
        OptionalInt count = value(environment, COUNT).filter(text -> text.matches("[0-9]{1,5}")).map(Integer::parseInt)
                .filter(number -> number <= MOST).map(OptionalInt::of).orElse(OptionalInt.empty());
        if (count.isEmpty() || !value(environment, PID).equals(Optional.of(Integer.toString(pid)))) {
            return new SocketActivation(List.of(), Map.of());
        }
        List<Integer> numbers = new ArrayList<>();
        Map<String, Integer> names = new LinkedHashMap<>();
        String[] given = value(environment, NAMES).orElse("").split(":", -1);
        for (int i = 0; i < count.getAsInt(); i++) {
            numbers.add(FIRST + i);
            if (i < given.length && !given[i].isEmpty()) {
                names.putIfAbsent(given[i], FIRST + i);
            }
        }
        return new SocketActivation(numbers, names);
    }

    /**
     * The command line that tells the program that the descriptors are meant for it: its pid is not known before it runs, so a shell says
     * it and becomes the program.
     */
    List<String> commandLine(String program, List<String> command) {
        List<String> line = new ArrayList<>(List.of("sh", "-c", PID + "=$$ exec \"$0\" \"$@\"", program));
        line.addAll(command.subList(1, command.size()));
        return line;
    }

    private static Optional<String> value(List<String> environment, String name) {
        return environment.stream().filter(entry -> entry.startsWith(name + "=")).map(entry -> entry.substring(name.length() + 1)).findFirst();
    }
}
