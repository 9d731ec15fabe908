package dev.thaw.supervise;

import dev.thaw.linux.KernelString;
import dev.thaw.report.Durations;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.zeroturnaround.exec.ProcessExecutor;
import org.zeroturnaround.exec.ProcessResult;

/** A short command of the user's, run by {@code /bin/sh} beside the application: a question whether it is ready, a hook. */
public final class HelperCommand {
    /** The JVM would encode an argument by the locale and lose bytes; its input arrives as it is, and is at its end for the command. */
    private static final String FROM_INPUT = "eval \"$(cat)\"";

    private HelperCommand() {}

    /**
     * @param exitCode of the command, or 128 + SIGKILL when it took too long
     * @param output both of its streams
     * @param timedOut whether it was ended for taking too long
     * @param limit how long it could have taken
     */
    public record Result(int exitCode, String output, boolean timedOut, Duration limit) {
        public boolean succeeded() {
            return exitCode == 0;
        }

        /** Why it did not succeed, for a message. */
        public List<String> because() {
            List<String> because = new ArrayList<>();
            because.add(timedOut ? "it had not ended after " + Durations.format(limit) : "its exit code is " + exitCode);
            if (!output.isBlank()) {
                because.add("it said: " + output.strip());
            }
            return because;
        }
    }

    /**
     * Runs it, and ends it with all that it started when it takes longer than {@code limit}.
     *
     * @param variables added to thaw's own environment
     */
    public static Result run(String command, Map<String, String> variables, Duration limit) {
        ReapingGate.Held gate = ReapingGate.hold();
        try {
            ProcessResult result = new ProcessExecutor("/bin/sh", "-c", FROM_INPUT)
                    .environment(variables)
                    .redirectInput(new ByteArrayInputStream(KernelString.encode(command)))
                    .redirectErrorStream(true)
                    .readOutput(true)
                    .timeout(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS)
                    .stopper(HelperCommand::endWithDescendants)
                    .execute();
            return new Result(result.getExitValue(), result.outputUTF8(), false, limit);
        } catch (TimeoutException e) {
            return new Result(128 + 9, "", true, limit);
        } catch (IOException e) {
            return new Result(127, e.getMessage(), false, limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(128 + 9, "interrupted", true, limit);
        } finally {
            gate.close();
        }
    }

    /** Killing the shell alone would leave what it waits for. */
    private static void endWithDescendants(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
