package dev.thaw.linux;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Starts a child for a test, with its output in a pipe, and sees it to its end. */
final class Launch {

    static final Duration LIMIT = Duration.ofSeconds(30);

    record Result(int pid, WaitStatus status, String output) {
    }

    final TreeMap<Integer, Integer> descriptors = new TreeMap<>();
    List<String> environment = ProcessCalls.environment();
    PosixSpawn.Session session = PosixSpawn.Session.SAME;
    Optional<String> directory = Optional.empty();
    boolean closeOthers = true;
    Set<Integer> ignored = Set.of();
    OptionalLong noFile = OptionalLong.empty();
    OptionalInt terminal = OptionalInt.empty();
    private final String program;
    private final List<String> argv;

    private Launch(String program, List<String> argv) {
        this.program = program;
        this.argv = argv;
    }

    static Launch program(String program, String... arguments) {
        return new Launch(program, Stream.concat(Stream.of(program), Stream.of(arguments)).toList());
    }

    static Launch shell(String script) {
        return program("/bin/sh", "-c", script);
    }

    Launch with(int number, int fd) {
        descriptors.put(number, fd);
        return this;
    }

    /** The pid; to be reaped by the test. */
    int start() {
        return PosixSpawn.spawn(new PosixSpawn.Request(program, argv, environment, descriptors, session, directory, closeOthers, ignored,
            noFile, terminal));
    }

    /** Runs it with the pipe as its standard output, if that is not taken yet. */
    Result run() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            descriptors.putIfAbsent(1, pipe.writer().number());
            int pid = start();
            pipe.writer().close();
            String output = drain(pid, pipe.reader().number());
            return new Result(pid, end(pid), output);
        }
    }

    /** Waits for a child; one that does not end in time is killed, and the test fails. */
    static WaitStatus end(int pid) {
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, LIMIT);
        if (status.isEmpty()) {
            ProcessCalls.kill(pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, false);
            throw new AssertionError("child " + pid + " did not end");
        }
        return status.get();
    }

    private static String drain(int pid, int fd) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        byte[] chunk = new byte[4096];
        while (true) {
            if (FdCalls.poll(new int[] {fd}, FdCalls.POLLIN, LIMIT.toMillis())[0] == 0) {
                end(pid);
                throw new AssertionError("child " + pid + " keeps its output open; so far: " + output);
            }
            int count = FileCalls.read(fd, chunk, 0, chunk.length);
            if (count == 0) {
                return KernelString.decode(output.toByteArray());
            }
            output.write(chunk, 0, count);
        }
    }
}
