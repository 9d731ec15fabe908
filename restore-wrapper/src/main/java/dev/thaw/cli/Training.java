package dev.thaw.cli;

import dev.thaw.image.SampleImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the JVM sees when a class archive is made (see {@code thaw}, the script): the ways of a plan, a restore, a supervised run and a check, so that
 * their classes, and the code behind their lambdas, are in it. The image is one of {@code sleep} with three descriptors; criu is played by a script,
 * as the archive has to come into being where criu may not run; what follows a restore that worked is seen only by root.
 */
final class Training {
    /** Ends as the image's pid, with the descriptors that were handed over, where this process may choose pids; else it fails. */
    private static final String CRIU = """
            #!/bin/sh
            [ "$1" = restore ] || { echo "Version: 4.2"; exit; }
            echo 30010 >/proc/sys/kernel/ns_last_pid || exit 1
            sleep 1 1>&3 2>&4 3>&- 4>&- &
            [ $! = 30011 ] || exit 1
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

    /** @param args an empty directory of ours, for anything that is written */
    public static void main(String[] args) {
        String directory = args[0];
        String image = directory + "/000001";
        FileCalls.mkdir(image, 0700);
        SampleImage.write(image);
        FileCalls.mkdir(directory + "/bin", 0700);
        String criu = directory + "/bin/criu";
        FileCalls.writeFile(criu, CRIU.getBytes(StandardCharsets.US_ASCII), 0700);

        PlainRestore.prepareMeanwhile(new String[] {"restore"});
        RawArguments.of(new String[] {"\u00e4"});
        Environment.ofThisProcess();
        run(directory, "--version");
        run(directory, "plan", "--help");
        run(directory, "check", "pid", Integer.toString(ProcessCalls.getpid()));
        run(directory, "plan", "--accept", "all", "--criu", criu, image);
        run(directory, "restore", "--accept", "all", "--settle", "0", "--timeout", "5s", "--map", "/tmp/*=null", image);
        run(directory, "restore", "--accept", "all", "--settle", "10ms", "--stdout", "append:" + directory + "/log", "--stderr", "null", image);
        run(directory, "restore", "--accept", "all", "--criu", criu, "--stdout", "append:" + directory + "/log", "--stderr", "null", "--settle", "0",
                "--detach", "--pid-file", directory + "/pid", image);
        run(directory, "run", "--settle", "0", "--", "/bin/true");
        // Without this no archive is written.
        System.exit(0);
    }

    private static void run(String directory, String... arguments) {
        List<String> variables = new ArrayList<>(List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "XDG_RUNTIME_DIR=" + directory, "XDG_CACHE_HOME=" + directory,
                "TMPDIR=" + directory, "THAW_CRIU_PREFIX=" + directory, "HOME=" + directory));
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            Main.run(List.of(arguments), new Environment(nowhere, nowhere, variables));
        }
    }
}
