package dev.thaw.it;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How something is started: it gets the descriptors that are named here, at these numbers, and no other. Unless told otherwise in a
 * session of its own, in {@code /}, and with PATH, HOME and LANG for its environment.
 *
 * @param <B> the subclass
 */
public abstract class Start<B extends Start<B>> {
    private static final int NULL = -1;

    private final Map<String, String> environment = new TreeMap<>();
    private final SortedMap<Integer, Integer> descriptors = new TreeMap<>();
    private final Map<Integer, OwnedFd> captured = new TreeMap<>();
    private PosixSpawn.Session session = PosixSpawn.Session.NEW_SESSION;
    private OptionalInt terminal = OptionalInt.empty();
    private OptionalLong noFileSoftLimit = OptionalLong.empty();
    private String directory = "/";
    private final List<TestCgroup> cgroups = new ArrayList<>();

    Start() {
        environment.put("PATH", Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin"));
        environment.put("HOME", System.getProperty("user.home"));
        environment.put("LANG", "C.UTF-8");
    }

    abstract B self();

    /** @param ours stays open here, and the caller's */
    public B descriptor(int number, int ours) {
        descriptors.put(number, ours);
        return self();
    }

    /** All of these, number there → ours. */
    public B descriptors(Map<Integer, Integer> table) {
        descriptors.putAll(table);
        return self();
    }

    /** All numbers that this is said of have one open file description, of /dev/null, for reading and writing. */
    public B nullDescriptor(int number) {
        return descriptor(number, NULL);
    }

    /** Opens /dev/null for those of 0, 1 and 2 that nothing was said about so far. */
    public B nullStreams() {
        for (int stream = 0; stream <= 2; stream++) {
            if (!has(stream)) {
                nullDescriptor(stream);
            }
        }
        return self();
    }

    boolean has(int number) {
        return descriptors.containsKey(number) || captured.containsKey(number);
    }

    /** What is written to this number can be read while it runs and afterwards. Takes the descriptor, of a file. */
    B capture(int number, OwnedFd file) {
        captured.put(number, file);
        return self();
    }

    public B environment(String name, String value) {
        environment.put(name, value);
        return self();
    }

    /** SAME makes it a job of the test JVM's session: criu wants --shell-job then. */
    public B session(PosixSpawn.Session wanted) {
        session = wanted;
        return self();
    }

    /** @param number there, of a terminal's slave, which becomes its controlling terminal */
    public B controllingTerminal(int number) {
        terminal = OptionalInt.of(number);
        return self();
    }

    public B noFileSoftLimit(long limit) {
        noFileSoftLimit = OptionalLong.of(limit);
        return self();
    }

    /** The working directory. */
    public B directory(String path) {
        directory = path;
        return self();
    }

    /** It is a member of this cgroup from the start; one for each hierarchy. */
    public B cgroup(TestCgroup cgroup) {
        cgroups.add(cgroup);
        return self();
    }

    /** A shell moves itself and becomes the program: it would be too late from outside. */
    private List<String> inCgroups(List<String> argv) {
        if (cgroups.isEmpty()) {
            return argv;
        }
        String moves = cgroups.stream().map(cgroup -> "echo $$ >'" + cgroup.file("cgroup.procs") + "' && ").collect(Collectors.joining());
        return Stream.concat(Stream.of("/bin/sh", "-c", moves + "exec \"$0\" \"$@\""), argv.stream()).toList();
    }

    /** @param program the program's path, or its name in PATH, and its arguments */
    Running spawn(List<String> program) {
        List<String> argv = inCgroups(program);
        Children.adoptOrphans();
        SortedMap<Integer, Integer> table = new TreeMap<>(descriptors);
        captured.forEach((number, file) -> table.put(number, file.number()));
        List<String> block = environment.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toList();
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC)) {
            table.replaceAll((number, ours) -> ours == NULL ? (Integer) nothing.number() : ours);
            int pid = PosixSpawn.spawn(new PosixSpawn.Request(argv.get(0), argv, block, table, session, Optional.of(directory), true,
                    Set.of(), noFileSoftLimit, terminal));
            return new Running(argv, pid, captured);
        } catch (RuntimeException e) {
            captured.values().forEach(OwnedFd::close);
            throw e;
        }
    }
}
