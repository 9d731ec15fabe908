package dev.thaw.criu;

import dev.thaw.plan.Handover;
import dev.thaw.plan.RestorePlan;
import java.util.ArrayList;
import java.util.List;

/** A plan as criu's argument vector. Pure: {@code thaw plan --format criu} prints the same line that restore runs. */
public final class CriuCommandLine {
    /** Log level at which criu names the keys it matched. */
    private static final String VERBOSITY = "-v4";

    private CriuCommandLine() {}

    /** Names of the files that criu writes into its work directory. */
    public static final String LOG_FILE = "restore.log";

    /** Holds the root's pid; must not exist before, or criu ends the restored tree again. */
    public static final String PID_FILE = "restored.pid";

    /**
     * @param executable path of criu
     * @param imagesDirectory the images, or the overlay of them
     * @param workDirectory where log and pid file go; not the images directory, as a failed criu may leave a mount there
     */
    public static List<String> restore(String executable, String imagesDirectory, String workDirectory, RestorePlan plan) {
        List<String> argv = new ArrayList<>(List.of(executable, "restore", "--no-default-config", "--images-dir", imagesDirectory,
                "--work-dir", workDirectory, "--log-file", LOG_FILE, VERBOSITY, "--pidfile", PID_FILE));
        argv.addAll(asChild(plan));
        return List.copyOf(argv);
    }

    /** As a compiled plan runs it: criu writes no log, as whoever comes after it when it fails starts it again with one, and no pid file. */
    public static List<String> compiled(String executable, String imagesDirectory, String workDirectory, RestorePlan plan) {
        List<String> argv = new ArrayList<>(List.of(executable, "restore", "--no-default-config", "--images-dir", imagesDirectory,
                "--work-dir", workDirectory, "--log-file", "/dev/null", "-v0"));
        argv.addAll(asChild(plan));
        return List.copyOf(argv);
    }

    /** As a service manager starts it: the tree becomes its child when criu ends, and errors go to standard error. Where to work is for the caller to add. */
    public static List<String> service(String executable, String imagesDirectory, RestorePlan plan) {
        List<String> argv = new ArrayList<>(List.of(executable, "restore", "--no-default-config", "--images-dir", imagesDirectory, "-v1", "--restore-detached"));
        argv.addAll(engine(plan));
        return List.copyOf(argv);
    }

    private static List<String> asChild(RestorePlan plan) {
        // Detached, or criu would keep every descriptor and report 0; as our child, so that we see the true exit status.
        List<String> argv = new ArrayList<>(List.of("--restore-detached", "--restore-sibling"));
        argv.addAll(engine(plan));
        return argv;
    }

    private static List<String> engine(RestorePlan plan) {
        List<String> argv = new ArrayList<>();
        // The default moves the tree back into the cgroup it was dumped in.
        argv.add("--manage-cgroups=ignore");
        RestorePlan.CriuSwitches switches = plan.criu();
        if (switches.shellJob()) {
            argv.add("--shell-job");
        }
        if (switches.fileLocks()) {
            argv.add("--file-locks");
        }
        switches.tcp().ifPresent(argv::add);
        if (switches.externalUnix()) {
            argv.add("--ext-unix-sk");
        }
        if (switches.allowUprobes()) {
            argv.add("--allow-uprobes");
        }
        argv.addAll(switches.extra());
        for (Handover handover : plan.handovers()) {
            argv.add("--inherit-fd");
            argv.add(handover.inheritArgument());
        }
        return argv;
    }
}
