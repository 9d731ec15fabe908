package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.pidns.PidNamespace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The process by which a compiled plan makes a pid namespace ({@code FreshNamespace}): our child, and the parent of criu, of the namespace's first
 * process and of the application. When criu has succeeded it says so, and stays until it is ended.
 */
final class NamespaceStarter {
    private static final Duration END_LIMIT = Duration.ofSeconds(10);
    /** Before the answer there may be the empty line of criu's script. */
    private static final Pattern ANSWER = Pattern.compile("\n*(\\d{1,9}) (\\d{1,9})\n");

    private final int pid;
    private final OwnedFd says;
    private final StringBuilder said = new StringBuilder();
    private boolean ended;

    /** @param says the pipe that ends when it and criu have ended; stays the caller's */
    NamespaceStarter(int pid, OwnedFd says) {
        this.pid = pid;
        this.says = says;
    }

    /** What is there when criu has succeeded, by our pids: the application and the namespace's first process, both our children. */
    record Answer(int rootPid, int init) {}

    /**
     * Waits for the answer; when it has come the process is ended. We have to be a subreaper.
     *
     * @return empty when the limit has passed, or there will be none
     */
    Optional<Answer> await(Duration limit) {
        Instant end = Instant.now().plus(limit);
        while (answer().isEmpty() && !ended && isReadable(Duration.between(Instant.now(), end))) {
            byte[] bytes = new byte[64];
            int count = FileCalls.read(says.number(), bytes, 0, bytes.length);
            ended = count <= 0;
            said.append(new String(bytes, 0, Math.max(0, count), StandardCharsets.US_ASCII));
        }
        Optional<Answer> answer = answer();
        // Somebody may have killed it, and criu lives on.
        ended = ended || answer.isEmpty() && isGone();
        if (answer.isPresent()) {
            ProcessCalls.kill(pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, END_LIMIT);
        }
        return answer;
    }

    private boolean isReadable(Duration limit) {
        return FdCalls.poll(new int[] {says.number()}, FdCalls.POLLIN, Math.max(0, limit.toMillis()))[0] != 0;
    }

    private boolean isGone() {
        try {
            return ProcessCalls.waitPid(pid, Duration.ZERO).isPresent();
        } catch (LinuxException e) {
            if (e.is(Errno.ECHILD)) {
                return true; // the shell has reaped it
            }
            throw e;
        }
    }

    /** Whether there will be no answer any more. */
    boolean hasFailed() {
        return ended;
    }

    private Optional<Answer> answer() {
        Matcher answer = ANSWER.matcher(said);
        return answer.matches() ? Optional.of(new Answer(Integer.parseInt(answer.group(1)), Integer.parseInt(answer.group(2)))) : Optional.empty();
    }

    /** @param life by which the namespace lives as long as we do; owned from here on. From now on it lives as long as the application. */
    static PidNamespace liveWith(Answer answer, OwnedFd life, int insidePid) {
        PidNamespace namespace = PidNamespace.made(answer.init(), life);
        namespace.liveWith(insidePid);
        return namespace;
    }
}
