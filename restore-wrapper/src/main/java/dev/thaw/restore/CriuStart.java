package dev.thaw.restore;

import dev.thaw.compile.CompiledPlan;
import dev.thaw.criu.ClockStart;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.criu.KeptFindings;
import dev.thaw.criu.ShortStart;
import dev.thaw.criu.StartScript;
import dev.thaw.image.ClockImages;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a criu that this process starts is started for a restore.
 *
 * @param before words in the place of criu's path; empty for that path
 * @param isShort whether it is started without its probes ({@link ShortStart})
 * @param because why not, as part of a sentence; else empty
 */
record CriuStart(List<String> before, boolean isShort, String because) {
    private static final String LOGIN_UID = "/proc/self/loginuid";
    /** Bytes. */
    private static final int LONGEST_SCRIPT = 4096;

    CriuStart {
        before = List.copyOf(before);
    }

    /** With all its probes. */
    static CriuStart full(String because) {
        return new CriuStart(List.of(), false, because);
    }

    /** The shortest that there is here and now. */
    static CriuStart of(CriuBinary criu, RestoreRequest request) {
        if (CriuPrivileges.areLimited()) {
            return full("it has not all rights here");
        }
        if (request.pidNamespace()) {
            return full("in a pid namespace that thaw has made it cannot be started again");
        }
        if (!FileCalls.isExecutable(ClockStart.PERL)) {
            return full("there is no " + ClockStart.PERL);
        }
        List<ClockImages.Clocks> clocks = ClockImages.read(request.image().directory(), request.image().imageFiles());
        ShortStart.Decision decision = ShortStart.decide(request.image(), clocks, request.plan().criu(), criu.version(), ProcessCalls.capabilitiesEffective());
        if (decision.start().isEmpty()) {
            return full(decision.because());
        }
        Optional<String> obstacle = decision.start().get().obstacle(FileCalls.statIfExists(ShortStart.FINDINGS).isPresent(), loginUid());
        return obstacle.isPresent() ? full(obstacle.get()) : new CriuStart(words(criu, request, decision.start().get()), true, "");
    }

    private static OptionalLong loginUid() {
        try {
            return OptionalLong.of(Long.parseLong(new String(FileCalls.readAll(LOGIN_UID), StandardCharsets.US_ASCII).strip()));
        } catch (LinuxException | NumberFormatException e) {
            return OptionalLong.empty(); // a kernel without audit has none
        }
    }

    private static List<String> words(CriuBinary criu, RestoreRequest request, ShortStart start) {
        String directory = request.image().directory() + "/" + CompiledPlan.DIRECTORY + "/" + KeptFindings.DIRECTORY;
        List<String> words = new ArrayList<>(ClockStart.words(start, Optional.empty(), directory));
        words.addAll(engine(criu));
        return words;
    }

    /** The words that start criu, without a script that does nothing else. */
    static List<String> engine(CriuBinary criu) {
        FileStatus status = FileCalls.stat(criu.path());
        String script = status.isRegular() && status.size() < LONGEST_SCRIPT ? KernelString.decode(FileCalls.readAll(criu.path())) : "";
        return StartScript.command(criu.path(), script);
    }

    /** @param argv criu's own command line */
    List<String> command(List<String> argv) {
        if (before.isEmpty()) {
            return argv;
        }
        List<String> command = new ArrayList<>(before);
        command.addAll(argv.subList(1, argv.size()));
        return command;
    }

    /** What of our environment criu gets; nothing of it is for the application, which has its own. */
    List<String> environment() {
        if (!isShort) {
            return new ArrayList<>(ProcessCalls.environment());
        }
        List<String> environment = new ArrayList<>(List.of("LC_ALL=C"));
        for (String variable : ProcessCalls.environment()) {
            if (!ClockStart.isInItsWay(variable)) {
                environment.add(variable);
            }
        }
        return environment;
    }

    /** For the user. */
    String text() {
        return "criu is started " + (isShort ? "without its probes" : "with all its probes, as " + because);
    }
}
