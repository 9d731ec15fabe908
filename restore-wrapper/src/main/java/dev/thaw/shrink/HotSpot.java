package dev.thaw.shrink;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.SocketDiagnostics;
import dev.thaw.linux.proc.StatusFile;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;

/**
 * The socket at which a HotSpot JVM takes the commands of {@code jcmd}, in the tmp directory that the JVM itself sees. A JVM opens it when a
 * file asks for it and SIGQUIT draws its attention (HotSpot, attachListener_posix.cpp), and keeps it, and one thread, for its life.
 */
final class HotSpot implements AutoCloseable {
    private static final String VERSION = "1";
    private static final int MOST_ARGUMENTS = 3;
    /** As long as jcmd waits. */
    private static final Duration OPENING = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(2);
    /** So that what was changed can be changed back when the time is over. */
    private static final Duration LEAST = Duration.ofSeconds(2);
    private static final long STEP_MILLIS = 5;
    private static final int MOST_ANSWER_BYTES = 1 << 20;

    private final int pid;
    private final String socket;
    private final long deadlineNanos;

    private HotSpot(int pid, String socket, long deadlineNanos) {
        this.pid = pid;
        this.socket = socket;
        this.deadlineNanos = deadlineNanos;
    }

    /** A JVM that does not do as it is told. */
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        Refusal(String because) {
            super(because);
        }
    }

    /**
     * Opens the way to a JVM that {@link Judgement} calls willing.
     *
     * @param limit for all that it is told; each command may take {@link #LEAST} at least
     */
    static HotSpot attach(int pid, Duration limit) throws Refusal, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            List<Integer> pids = StatusFile.read(pid).nsPid();
            int inner = pids.get(pids.size() - 1);
            String directory = "/proc/" + pid + "/root/tmp";
            String socket = directory + "/.java_pid" + inner;
            if (!isListening(socket)) {
                askForIt(pid, directory + "/.attach_pid" + inner, socket);
            }
            return new HotSpot(pid, socket, deadline);
        } catch (LinuxException e) {
            throw new Refusal(e.getMessage());
        }
    }

    /**
     * Has a command carried out, as {@code jcmd PID COMMAND} does.
     *
     * @return what it prints
     */
    String command(String command) throws Refusal, InterruptedException {
        return ask("jcmd", command);
    }

    /** Value of a flag of the JVM. */
    String flag(String name) throws Refusal, InterruptedException {
        String printed = ask("printflag", name).strip();
        return printed.substring(printed.indexOf('=') + 1);
    }

    /** Only flags that the JVM calls manageable can be set. */
    void setFlag(String name, String value) throws Refusal, InterruptedException {
        ask("setflag", name, value);
    }

    private String ask(String operation, String... arguments) throws Refusal, InterruptedException {
        Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
        Duration limit = left.compareTo(LEAST) < 0 ? LEAST : left;
        try (OwnedFd connection = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.setTimeouts(connection.number(), limit.toMillis());
            SocketCalls.connectUnix(connection.number(), socket);
            // Pid namespaces may share their /tmp, and then one number means several JVMs.
            int listener = SocketCalls.peerCredentials(connection.number()).pid();
            if (listener != pid) {
                throw new Refusal("at its socket " + socket + " pid " + listener + " listens");
            }
            StringBuilder request = new StringBuilder(VERSION).append('\0').append(operation).append('\0');
            for (int i = 0; i < MOST_ARGUMENTS; i++) {
                request.append(i < arguments.length ? arguments[i] : "").append('\0');
            }
            FileCalls.writeFully(connection.number(), KernelString.encode(request.toString()));
            String answer = readAll(connection.number());
            awaitClosed(FileCalls.fstat(connection.number()).inode());
            int line = answer.indexOf('\n');
            if (line < 0) {
                throw new Refusal("it gave no answer: thaw is no user that it obeys");
            }
            String text = answer.substring(line + 1);
            if (!answer.startsWith("0\n")) {
                throw new Refusal(operation + " " + String.join(" ", arguments) + ": " + text.strip());
            }
            return text;
        } catch (LinuxException e) {
            throw new Refusal(e.is(Errno.EAGAIN) ? "it gave no answer within " + limit.toMillis() + " ms" : e.getMessage());
        }
    }

    private static String readAll(int fd) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        for (int length; answer.size() < MOST_ANSWER_BYTES && (length = FileCalls.read(fd, buffer, 0, buffer.length)) > 0; ) {
            answer.write(buffer, 0, length);
        }
        return KernelString.decode(answer.toByteArray());
    }

    /** The JVM shuts its end down before it closes it; as long as it is open, a dump would meet a connection to somebody outside. */
    private static void awaitClosed(long ours) throws InterruptedException {
        long deadline = System.nanoTime() + CLOSING.toNanos();
        while (System.nanoTime() < deadline && SocketDiagnostics.unixSockets().stream()
                .anyMatch(socket -> socket.inode() == ours && socket.peer().isPresent())) {
            Thread.sleep(STEP_MILLIS);
        }
    }

    private static void askForIt(int pid, String request, String socket) throws Refusal, InterruptedException {
        try (OwnedFd jvm = ProcessCalls.pidfdOpen(pid)) {
            FileCalls.open(request, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0600).close();
            try {
                ProcessCalls.pidfdSendSignal(jvm.number(), Signals.SIGQUIT);
                long deadline = System.nanoTime() + OPENING.toNanos();
                while (!isSocket(socket)) {
                    if (System.nanoTime() > deadline) {
                        throw new Refusal("it did not open its socket " + socket + " within " + OPENING.toSeconds()
                                + " s; when a thread dump is in its output, it takes no commands");
                    }
                    Thread.sleep(STEP_MILLIS);
                }
            } finally {
                FileCalls.unlink(request);
            }
        }
    }

    /** After a restore nobody listens any more at a socket that was there before: criu does not find the name that it was bound to. */
    private static boolean isListening(String path) {
        if (!isSocket(path)) {
            return false;
        }
        try (OwnedFd connection = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.setTimeouts(connection.number(), LEAST.toMillis());
            SocketCalls.connectUnix(connection.number(), path);
            return true;
        } catch (LinuxException e) {
            if (!e.is(Errno.ECONNREFUSED)) {
                throw e;
            }
            FileCalls.unlink(path);
            return false;
        }
    }

    /**
     * Takes the socket's name away. The JVM makes a new one for the next who asks; with this one in the way, nobody could ask it after a
     * restore (HotSpot, AttachListener::check_socket_file).
     */
    @Override
    public void close() {
        try {
            FileCalls.unlink(socket);
        } catch (LinuxException gone) {
            return;
        }
    }

    private static boolean isSocket(String path) {
        return FileCalls.lstatIfExists(path).filter(FileStatus::isSocket).isPresent();
    }
}
