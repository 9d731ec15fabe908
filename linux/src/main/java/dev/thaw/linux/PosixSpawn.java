package dev.thaw.linux;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Starts processes with chosen descriptors at chosen numbers (man 3 posix_spawn); the JDK can pass on 0, 1 and 2 only.
 *
 * <p>There is no fork here: a forked JVM is a process with one thread and all the locks of the others.
 */
public final class PosixSpawn {

    static final SpawnLibrary C = new SpawnLibrary();

    // The limit of descriptors is the process's, so while it is lowered for one child no other may be started.
    private static final Object LIMIT = new Object();

    private PosixSpawn() {
    }

    /** Where the child belongs. */
    public enum Session {
        /** Our session and process group. */
        SAME,
        /** It leads a new session, without terminal. */
        NEW_SESSION,
        /** It leads a new process group in our session. */
        NEW_GROUP
    }

    /**
     * What to start.
     *
     * @param executable a path (a relative one starts at the child's directory), or a name without slash that is searched in the PATH of
     *     {@code environment}
     * @param argv arguments, the first being the program's name by custom
     * @param environment {@code KEY=VALUE} entries; ours is {@link ProcessCalls#environment}
     * @param descriptors number in the child to number in this process, which stays open here and owned by whoever owns it
     * @param session where the child belongs
     * @param directory its working directory, ours when empty
     * @param closeOthers whether it gets nothing but {@code descriptors}, so that 0, 1 and 2 are closed when they are not listed; else it
     *     gets also what is not close-on-exec here, except for what the JVM opened for itself
     * @param ignoredSignals signals that stay ignored if we ignore them; all others get their default action
     * @param noFileSoftLimit its soft limit of open descriptors; when empty it is ours, which the JVM may have raised. Ours is changed for
     *     the moment of the start
     * @param foregroundTerminalFd number, in the child, of a terminal: a NEW_GROUP gets its foreground, for a NEW_SESSION it becomes the
     *     controlling terminal
     */
    public record Request(String executable, List<String> argv, List<String> environment, SortedMap<Integer, Integer> descriptors,
                          Session session, Optional<String> directory, boolean closeOthers, Set<Integer> ignoredSignals,
                          OptionalLong noFileSoftLimit, OptionalInt foregroundTerminalFd) {

        public Request {
            Objects.requireNonNull(executable, "executable is null");
            argv = List.copyOf(argv);
            environment = List.copyOf(environment);
            descriptors = Collections.unmodifiableSortedMap(new TreeMap<>((Map<Integer, Integer>) descriptors));
            ignoredSignals = Set.copyOf(ignoredSignals);
            if (argv.isEmpty()) {
                throw new IllegalArgumentException("argv is empty");
            }
            if (!descriptors.isEmpty() && descriptors.firstKey() < 0) {
                throw new IllegalArgumentException("not a descriptor: " + descriptors.firstKey());
            }
            for (int signal : ignoredSignals) {
                if (signal < 1 || signal > Signals.SIGRTMAX) {
                    throw new IllegalArgumentException("not a signal: " + signal);
                }
            }
            if (foregroundTerminalFd.isPresent()
                && (session == Session.SAME || !descriptors.containsKey(foregroundTerminalFd.getAsInt()))) {
                throw new IllegalArgumentException("a terminal is for a new group or session, and has to be among the descriptors");
            }
        }

        /** Without a terminal. */
        public Request(String executable, List<String> argv, List<String> environment, SortedMap<Integer, Integer> descriptors,
                       Session session, Optional<String> directory, boolean closeOthers, Set<Integer> ignoredSignals,
                       OptionalLong noFileSoftLimit) {
            this(executable, argv, environment, descriptors, session, directory, closeOthers, ignoredSignals, noFileSoftLimit,
                OptionalInt.empty());
        }
    }

    /**
     * Starts the program and returns its pid; it is our child, to be reaped by {@link ProcessCalls#waitPid(int, boolean)}.
     *
     * @throws LinuxException when it cannot be started, and then nothing runs: ENOENT or EACCES for the program or the directory, ENOEXEC
     *     for a file of unknown format, E2BIG for too long arguments, EBADF for a descriptor that is not open or a number beyond the limit
     */
    public static int spawn(Request request) {
        String program = ProgramSearch.find(request.executable(), request.environment(), request.directory());
        byte[] path = LibC.cString(program);
        List<OwnedFd> lifted = new ArrayList<>();
        int[] pid = new int[1];
        int error;
        try (SpawnActions actions = new SpawnActions();
             SpawnAttributes attributes = new SpawnAttributes(request.session(), request.ignoredSignals());
             CStringVector argv = new CStringVector(request.argv());
             CStringVector envp = new CStringVector(request.environment())) {
            synchronized (LIMIT) {
                place(request, actions, lifted);
                Optional<ProcessCalls.Limit> before = lowerLimit(request);
                try {
                    error = C.posix_spawn(pid, path, actions.pointer(), attributes.pointer(), argv.pointer(), envp.pointer());
                } finally {
                    if (before.isPresent()) {
                        ProcessCalls.setNoFileLimit(before.get());
                    }
                }
            }
        } finally {
            for (OwnedFd copy : lifted) {
                copy.close();
            }
        }
        if (error != 0) {
            throw failed(error, program, request.directory());
        }
        return pid[0];
    }

    /** The actions in their order: numbers, then directory, then terminal, then everything else shut. */
    private static void place(Request request, SpawnActions actions, List<OwnedFd> lifted) {
        SortedMap<Integer, Integer> wanted = request.descriptors();
        int end = wanted.isEmpty() ? 0 : wanted.lastKey() + 1;
        for (Map.Entry<Integer, Integer> descriptor : wanted.entrySet()) {
            // Copies above all targets: so no dup2 overwrites the source of a later one, and all of them go with closefrom.
            OwnedFd source = FdCalls.duplicate(descriptor.getValue(), end);
            lifted.add(source);
            actions.dup2(source.number(), descriptor.getKey());
        }
        if (request.directory().isPresent()) {
            actions.chdir(request.directory().get());
        }
        if (request.foregroundTerminalFd().isPresent()) {
            int terminal = request.foregroundTerminalFd().getAsInt();
            if (request.session() == Session.NEW_SESSION) {
                actions.takeTerminal(terminal, lifted.get(0).number());
            }
            actions.takeForeground(terminal);
        }
        if (request.closeOthers()) {
            // A hole may be taken by a descriptor of the JVM, which is not close-on-exec.
            for (int number = 0; number < end; number++) {
                if (!wanted.containsKey(number)) {
                    actions.close(number);
                }
            }
            actions.closeFrom(end);
        } else {
            for (int number : JvmDescriptors.numbers()) {
                if (!wanted.containsKey(number)) {
                    actions.close(number);
                }
            }
        }
    }

    /**
     * Sets our own limit for the child to inherit, and returns what it was: posix_spawn has no action for limits, and prlimit on the child
     * would race with its first opens.
     */
    private static Optional<ProcessCalls.Limit> lowerLimit(Request request) {
        if (request.noFileSoftLimit().isEmpty()) {
            return Optional.empty();
        }
        ProcessCalls.Limit ours = ProcessCalls.noFileLimit();
        long soft = request.noFileSoftLimit().getAsLong();
        SortedMap<Integer, Integer> wanted = request.descriptors();
        if (!wanted.isEmpty() && Long.compareUnsigned(wanted.lastKey(), soft) >= 0) {
            throw LibC.failed(Errno.EBADF, "dup2(?, ?)", wanted.get(wanted.lastKey()), wanted.lastKey());
        }
        ProcessCalls.setNoFileLimit(new ProcessCalls.Limit(soft, ours.hard()));
        return Optional.of(ours);
    }

    // The child's chdir, its exec and the exec of an interpreter fail with the same numbers; the user wants to know which it was.
    private static LinuxException failed(int error, String program, Optional<String> directory) {
        if (directory.isPresent() && !FileCalls.isExecutable(directory.get() + "/.")) {
            return LibC.failed(error, "chdir(?)", directory.get());
        }
        if (error == Errno.ENOENT && FileCalls.isExecutable(program)) {
            return LibC.failed(error, "posix_spawn(?, the interpreter it names)", program);
        }
        return LibC.failed(error, "posix_spawn(?)", program);
    }
}
