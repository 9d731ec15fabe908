package dev.thaw.restore;

import dev.thaw.compile.ShellText;
import dev.thaw.criu.ClockStart;
import dev.thaw.criu.KeptFindings;
import dev.thaw.criu.ShortStart;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Has criu try out the kernel once, for all restores of an image. */
final class Findings {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private Findings() {}

    /**
     * Where criu keeps them itself there is nothing to be gained, and nothing is done.
     *
     * @param engine the words that start criu
     * @param directory that they are to be kept in, of its own; written anew
     * @return whether they are there
     */
    static boolean keep(List<String> engine, String directory) {
        if (FileCalls.statIfExists(ShortStart.FINDINGS).isPresent() || !FileCalls.isExecutable(ClockStart.PERL)) {
            return false;
        }
        // criu writes them to a tmpfs only, and looks whether this is one.
        String work = "/dev/shm/thaw-" + ProcessCalls.getpid() + "-" + System.nanoTime();
        WorkDirectory.removeTree(directory);
        FileCalls.mkdir(directory, 0700);
        String command = KeptFindings.make(engine, work, directory).stream().map(ShellText::quote).collect(Collectors.joining(" "));
        HelperCommand.Result made = HelperCommand.run(command + " >/dev/null 2>&1", Map.of("LC_ALL", "C"), LIMIT);
        if (!made.succeeded()) {
            WorkDirectory.removeTree(work);
            WorkDirectory.removeTree(directory);
        }
        return made.succeeded();
    }
}
