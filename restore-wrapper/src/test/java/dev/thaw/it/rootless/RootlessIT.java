package dev.thaw.it.rootless;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** As uid 65534, with some capabilities and with none: what works, and how the rest is refused. docs/privileges.md has the table. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool("setpriv")
@Timeout(120)
class RootlessIT {
    private static final int NOBODY = 65534;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Starts, checkpoints, restores; prints how each step ended and the last lines of the application's output. */
    private static final String STEPS = """
            cd "$HOME" || exit
            export THAW_NO_BUILD=1
            thaw=$HOME/checkout/thaw
            "$thaw" run --detach --pid-file app.pid --stdout append:"$HOME/out" --stderr stdout -- %s -c '
            import time, itertools
            for beat in itertools.count():
                print(beat, flush=True)
                time.sleep(0.05)'
            echo "run $?"
            pid=$(cat app.pid)
            "$thaw" checkpoint "$pid" image
            echo "checkpoint $?"
            frozen=$(wc -l <out)
            timeout 30 "$thaw" restore --detach image
            echo "restore $?"
            for ((i = 0; i < 600; i++)); do
                (($(wc -l <out) > frozen)) && echo "it goes on" && break
                sleep 0.05
            done
            kill -KILL "$pid"
            """;

    @Test
    void with_checkpoint_restore_and_setpcap_all_of_it_works(Scratch scratch) throws IOException {
        String said = as(scratch, "checkpoint_restore", "setpcap");

        assertTrue(said.contains("run 0\n") && said.contains("checkpoint 0\n") && said.contains("restore 0\n") && said.contains("it goes on"),
                said);
    }

    @Test
    void without_any_capability_the_checkpoint_is_refused_and_the_application_runs_on(Scratch scratch) throws IOException {
        String said = as(scratch);

        assertTrue(said.contains("checkpoint 125\n") && said.contains("a checkpoint needs CAP_CHECKPOINT_RESTORE"), said);
        assertTrue(said.contains("it goes on"), said);
    }

    @Test
    void a_restore_without_the_capability_is_refused_before_anything_is_touched(Scratch scratch) throws IOException {
        as(scratch, "checkpoint_restore", "setpcap");
        String said = run(scratch, List.of(), "export THAW_NO_BUILD=1; \"$HOME\"/checkout/thaw restore \"$HOME\"/image; echo \"restore $?\"");

        assertTrue(said.contains("restore 121\n") && said.contains("CAP_CHECKPOINT_RESTORE"), said);
    }

    private static String as(Scratch scratch, String... capabilities) throws IOException {
        return run(scratch, List.of(capabilities), STEPS.formatted(Checkout.python()));
    }

    private static String run(Scratch scratch, List<String> capabilities, String script) throws IOException {
        String home = home(scratch);
        StringBuilder wanted = new StringBuilder("-all");
        capabilities.forEach(name -> wanted.append(",+").append(name));
        List<String> argv = new ArrayList<>(List.of("/usr/bin/setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups",
                "--inh-caps=" + wanted, "--ambient-caps=" + wanted, "/usr/bin/env", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "/bin/bash",
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
    private static String home(Scratch scratch) throws IOException {
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
        assertEquals(NOBODY, FileCalls.stat(home.toString()).uid());
        return home.toString();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    }
}
