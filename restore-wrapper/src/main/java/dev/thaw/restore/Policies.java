package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.Rule;
import dev.thaw.policy.PolicyException;
import dev.thaw.policy.PolicyFile;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;

/** Policy files, read. */
public final class Policies {
    private static final int LIMIT_BYTES = 1 << 20;

    private Policies() {}

    /** @throws Failure when the file cannot be read ({@link ExitCode#SOURCE}) or is no policy ({@link ExitCode#USAGE}) */
    public static List<Rule> read(String path) {
        try {
            return PolicyFile.parse(KernelString.printable(path), KernelString.decode(FileCalls.readAll(path, LIMIT_BYTES)));
        } catch (LinuxException e) {
            throw new Failure(ExitCode.SOURCE, "the policy file cannot be read: " + KernelString.printable(path), List.of(e.getMessage()),
                    List.of("--policy FILE with a file that can"), e);
        } catch (PolicyException e) {
            throw new Failure(ExitCode.USAGE, "the policy file is not right: " + e.getMessage(), List.of(), List.of("correct that line"), e);
        }
    }

    /** Keeps a policy beside the images of a generation; the file has been read before, see {@link #read}. */
    public static void store(String path, String generationDir) {
        FileCalls.writeFile(generationDir + "/" + PolicyFile.NAME, FileCalls.readAll(path, LIMIT_BYTES), 0600);
    }

    /** The options with the policy that was stored beside the image; unchanged when they bring a policy of their own, or there is none. */
    static RestoreOptions withStored(RestoreOptions options, String generationDir) {
        String stored = generationDir + "/" + PolicyFile.NAME;
        boolean own = false;
        for (Rule rule : options.rules()) {
            own |= !rule.mustMatch();
        }
        return own || FileCalls.statIfExists(stored).isEmpty() ? options : options.plus(read(stored));
    }
}
