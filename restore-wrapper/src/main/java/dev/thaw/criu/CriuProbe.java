package dev.thaw.criu;

import dev.thaw.report.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.zeroturnaround.exec.ProcessExecutor;
import org.zeroturnaround.exec.ProcessResult;

/** Asks a criu whether it works: {@code criu --version}, then {@code criu check}. */
final class CriuProbe {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Duration limit;

    CriuProbe() {
        this(LIMIT);
    }

    /** @param limit for each of the two commands */
    CriuProbe(Duration limit) {
        this.limit = limit;
    }

    /** Either the version, of a criu that works, or the reason why it does not. */
    record Answer(Optional<CriuVersion> version, String reason) {
        static Answer works(CriuVersion version) {
            return new Answer(Optional.of(version), "");
        }

        static Answer fails(String reason) {
            return new Answer(Optional.empty(), reason);
        }
    }

    Answer ask(String path) {
        try {
            ProcessResult first = run(path, "--version");
            Optional<CriuVersion> version = CriuVersion.parse(first.outputUTF8());
            if (first.getExitValue() != 0 || version.isEmpty()) {
                return Answer.fails("criu --version ended with " + first.getExitValue() + said(first.outputUTF8()));
            }
            // A criu.conf of this host must not decide whether criu works.
            List<String> check = new ArrayList<>(List.of(path, "check", "--no-default-config"));
            if (CriuPrivileges.areLimited() && new CriuFeatures(version.get()).unprivileged()) {
                check.add("--unprivileged");
            }
            ProcessResult second = run(check.toArray(String[]::new));
            return second.getExitValue() == 0 || lacksOnlyWhatIsNotNeeded(second.outputUTF8())
                    ? Answer.works(version.get())
                    : Answer.fails("criu check (version " + version.get() + ") ended with " + second.getExitValue()
                            + said(second.outputUTF8()));
        } catch (TimeoutException e) {
            return Answer.fails("it gave no answer within " + Durations.format(limit));
        } catch (IOException e) {
            return Answer.fails("it does not start: " + rootMessage(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answer.fails("thaw was interrupted while asking it");
        }
    }

    /**
     * Container engines show /proc/sys read-only: a criu that thaw takes chooses pids by clone3, and asks for the file all the same. In a user
     * namespace the network is not its own: established TCP connections cannot be kept, and all else can.
     */
    private static boolean lacksOnlyWhatIsNotNeeded(String output) {
        // Its verdicts are those of this file; what others say is about features that it does without.
        List<String> errors = output.lines().filter(line -> line.contains("Error (criu/cr-check.c")).toList();
        return !errors.isEmpty() && errors.stream().allMatch(line -> line.contains("ns_last_pid sysctl is inaccessible")
                || line.contains("Can't turn TCP repair mode ON") && CriuPrivileges.areLimited());
    }

    private ProcessResult run(String... command) throws IOException, InterruptedException, TimeoutException {
        return new ProcessExecutor(command)
                .environment("LC_ALL", "C")
                .readOutput(true)
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                // By default only the direct child is ended at the limit; criu may have been started by a script.
                .stopper(process -> {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                })
                .execute();
    }

    /** The cause in its output, if it names one. */
    private static String said(String output) {
        return CriuLog.parse(output).finding().map(CriuProbe::quoted).orElse("");
    }

    private static String quoted(LogFinding finding) {
        String line = finding.lines().get(finding.lines().size() - 1).strip();
        return ": " + line + (finding.known() ? "; " + finding.cause() : "");
    }

    private static String rootMessage(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
