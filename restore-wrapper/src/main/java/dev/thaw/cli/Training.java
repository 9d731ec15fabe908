package dev.thaw.cli;

import dev.thaw.image.SampleImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.supervise.AtExit;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the JVM sees when a class archive is made (see {@code thaw}, the script): the ways of a plan, a restore, a supervised run, a checkpoint and a check, so that
 * their classes, and the code behind their lambdas, are in it. The image is one of {@code sleep} with three descriptors; criu is played by a script,
 * as the archive has to come into being where criu may not run; what follows a restore that worked is seen only by root.
 */
final class Training {
    /** Dumps the same image always, and ends the tree. Restores by ending as the image's pid, with the descriptors that were handed over, where this process may choose pids; else it fails. */
    private static final String CRIU = """
            #!/bin/sh
            case $1 in
                dump)
                    for word; do
                        case $before in
                            --tree) tree=$word ;;
                            --images-dir) images=$word ;;
                            --action-script) hold=$word ;;
                        esac
                        before=$word
                    done
                    cp "${0%/bin/*}"/000001/*.img "$images" || exit 1
                    [ -z "$hold" ] || CRTOOLS_SCRIPT_ACTION=post-dump CRTOOLS_IMAGE_DIR=/proc/$$/fd/images /bin/sh "$hold" || exit 1
                    exec kill -KILL "$tree"
                    ;;
                restore) ;;
                *) echo "Version: 4.2"; exit ;;
            esac
            # Somebody else may be quicker, on a machine where much is started.
            for attempt in 1 2 3 4 5 6 7 8 9 end; do
                [ $attempt != end ] || exit 1
                echo 30010 >/proc/sys/kernel/ns_last_pid || exit 1
                sleep 1 1>&3 2>&4 3>&- 4>&- &
                [ $! != 30011 ] || break
                kill -KILL $!
            done
            while [ -e /proc/$!/fd/2 ] && ! [ /proc/$!/fd/2 -ef /proc/$$/fd/4 ]; do :; done
            for word; do
                case $before in
                    --work-dir) work=$word ;;
                    --action-script) hold=$word ;;
                esac
                before=$word
            done
            CRTOOLS_SCRIPT_ACTION=post-restore CRTOOLS_INIT_PID=$! CRTOOLS_IMAGE_DIR=/proc/$$/fd/images /bin/sh "$hold" || exit 1
            echo $! >"$work/restored.pid"
            """;

    private Training() {}

    /**
     * @param args an empty directory of ours, for anything that is written; behind it, for nothing but the way of a usual restore, the directory of the
     *     training before: root has got to know its criu already
     */
    public static void main(String[] args) {
        String directory = args[0];
        String image = directory + "/000001";
        FileCalls.mkdir(image, 0700);
        SampleImage.write(image);
        String criu = args[args.length - 1] + "/bin/criu";

        RawArguments.of(new String[] {"\u00e4"});
        Environment.ofThisProcess();
        if (args.length == 1) {
            FileCalls.mkdir(directory + "/bin", 0700);
            FileCalls.writeFile(criu, CRIU.getBytes(StandardCharsets.US_ASCII), 0700);
            otherCommands(directory, criu, image);
            run(directory, "restore", "--accept", "all", "--settle", "0", "--timeout", "5s", "--map", "/tmp/*=null", image);
        }
        run(directory, "restore", "--accept", "all", "--criu", criu, "--stdout", "append:" + directory + "/log", "--stderr", "null", "--settle", "10ms", image);
        run(directory, "restore", "--accept", "all", "--criu", criu, "--stdout", "append:" + directory + "/log", "--stderr", "null", "--settle", "0",
                "--detach", "--pid-file", directory + "/pid", image);
        endRestored(directory + "/pid");
        // Only an exit with a task writes an archive: halt(), which is quicker, does not.
        AtExit.add(new Thread(() -> { }));
        AtExit.exit(0);
    }

    /** The next training wants its pid, and whoever would get it as an orphan may not reap it. */
    private static void endRestored(String pidFile) {
        if (FileCalls.lstatIfExists(pidFile).isPresent()) {
            try {
                ProcessCalls.kill(SampleImage.PID, Signals.SIGKILL);
                ProcessCalls.waitPid(SampleImage.PID, Duration.ofSeconds(5));
            } catch (LinuxException hasEnded) {
                return;
            }
        }
    }

    private static void otherCommands(String directory, String criu, String image) {
        run(directory, "--version");
        run(directory, "plan", "--help");
        run(directory, "check", "pid", Integer.toString(ProcessCalls.getpid()));
        run(directory, "plan", "--accept", "all", "--criu", criu, image);
        run(directory, "run", "--settle", "0", "--", "/bin/true");
        checkpoint(directory, criu);
    }

    private static void checkpoint(String directory, String criu) {
        List<String> sleep = List.of("/bin/sleep", "100");
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            int pid = PosixSpawn.spawn(new PosixSpawn.Request(sleep.get(0), sleep, List.of(), new TreeMap<>(Map.of(0, nothing.number(), 1, nothing.number(), 2, nothing.number())),
                    PosixSpawn.Session.NEW_SESSION, Optional.empty(), true, Set.of(), OptionalLong.empty()));
            run(directory, "checkpoint", "--criu", criu, "--timeout", "20s", Integer.toString(pid), directory + "/checkpoint");
            ProcessCalls.kill(pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, Duration.ofSeconds(5));
        }
    }

    private static void run(String directory, String... arguments) {
        List<String> variables = new ArrayList<>(List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "XDG_RUNTIME_DIR=" + directory, "XDG_CACHE_HOME=" + directory,
                "TMPDIR=" + directory, "THAW_CRIU_PREFIX=" + directory, "HOME=" + directory));
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            Main.run(List.of(arguments), new Environment(nowhere, nowhere, variables));
        }
    }
}
