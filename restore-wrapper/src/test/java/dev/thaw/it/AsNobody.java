package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Scripts as uid 65534, with few capabilities or none, in a home with a copy of thaw. For tests that run as root and need setpriv(1). */
public final class AsNobody {
    public static final int NOBODY = 65534;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private AsNobody() {}

    /**
     * @param capabilities that it keeps, in the words of setpriv
     * @param script for bash; the program is $HOME/checkout/thaw
     * @return what it has written
     */
    public static String run(Scratch scratch, List<String> capabilities, String script) throws IOException {
        return run(scratch, capabilities, ":", script);
    }

    /** The same after something that root does in the same process, for sh. */
    public static String run(Scratch scratch, List<String> capabilities, String asRoot, String script) throws IOException {
        String home = home(scratch);
        StringBuilder wanted = new StringBuilder("-all");
        capabilities.forEach(name -> wanted.append(",+").append(name));
        List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", asRoot + "; exec \"$@\"", "sh", "/usr/bin/setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups",
                "--inh-caps=" + wanted, "--ambient-caps=" + wanted, "/usr/bin/env", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_CACHE_HOME=/nonexistent", "/bin/bash",
                "-c", script));
        String output = scratch.path("said-" + System.nanoTime());
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR);
                OwnedFd said = FileCalls.open(output, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND, 0600)) {
            int pid = PosixSpawn.spawn(new PosixSpawn.Request(argv.get(0), argv, ProcessCalls.environment(),
                    new TreeMap<>(Map.of(0, nothing.number(), 1, said.number(), 2, said.number())), PosixSpawn.Session.NEW_SESSION,
                    Optional.empty(), true, Set.of(), OptionalLong.empty()));
            Optional<WaitStatus> status = awaitAndReap(pid);
            if (status.isEmpty()) {
                ProcessCalls.kill(-pid, Signals.SIGKILL);
                ProcessCalls.waitPid(pid, LIMIT);
            }
            String text = Files.readString(Path.of(output));
            assertTrue(status.isPresent(), text);
            return text;
        }
    }

    /** Waits; meanwhile takes the orphans that come to this process, as process 1 would: their pids are needed again. */
    private static Optional<WaitStatus> awaitAndReap(int pid) {
        Instant deadline = Instant.now().plus(LIMIT);
        Optional<WaitStatus> status = Optional.empty();
        while (status.isEmpty() && Instant.now().isBefore(deadline)) {
            status = ProcessCalls.waitPid(pid, Duration.ofMillis(20));
            ProcessCalls.peekAnyExited().filter(other -> other != pid).ifPresent(other -> ProcessCalls.waitPid(other, true));
        }
        return status;
    }

    /** A home of theirs, with what the script of a checkout needs to run: the checkout itself may be closed to other users. */
    public static String home(Scratch scratch) throws IOException {
        Path home = Path.of(scratch.path("home"));
        if (Files.exists(home)) {
            return home.toString();
        }
        FileCalls.chmod(scratch.path(), 0755);
        Path checkout = Files.createDirectories(home.resolve("checkout"));
        copy(Checkout.root().resolve("thaw"), checkout.resolve("thaw"));
        for (String part : List.of("restore-wrapper/target/thaw.jar", "restore-wrapper/target/lib", "restore-wrapper/target/native")) {
            try (Stream<Path> files = Files.walk(Checkout.root().resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    copy(file, checkout.resolve(Checkout.root().relativize(file)));
                }
            }
        }
        try (Stream<Path> all = Files.walk(home)) {
            for (Path path : all.toList()) {
                FileCalls.chown(path.toString(), NOBODY, NOBODY);
            }
        }
        // An archive of classes would be made there for each test, which takes longer than what they do.
        FileCalls.chown(checkout.resolve("restore-wrapper/target").toString(), 0, 0);
        assertEquals(NOBODY, FileCalls.stat(home.toString()).uid());
        return home.toString();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    }
}
