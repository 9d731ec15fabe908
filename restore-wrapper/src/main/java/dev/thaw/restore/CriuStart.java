package dev.thaw.restore;

import dev.thaw.criu.ClockStart;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.criu.ShortStart;
import dev.thaw.image.ClockImages;
import dev.thaw.linux.FileCalls;
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
 * @param before words before criu's command line
 * @param isShort whether it is started without its probes ({@link ShortStart})
 * @param because why not, as part of a sentence; else empty
 */
record CriuStart(List<String> before, boolean isShort, String because) {
    private static final String LOGIN_UID = "/proc/self/loginuid";

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
        return obstacle.isPresent() ? full(obstacle.get()) : new CriuStart(ClockStart.words(decision.start().get(), Optional.empty()), true, "");
    }

    private static OptionalLong loginUid() {
        try {
            return OptionalLong.of(Long.parseLong(new String(FileCalls.readAll(LOGIN_UID), StandardCharsets.US_ASCII).strip()));
        } catch (LinuxException | NumberFormatException e) {
            return OptionalLong.empty(); // a kernel without audit has none
        }
    }

    /** criu's own arguments after the words before it. */
    List<String> command(List<String> argv) {
        List<String> command = new ArrayList<>(before);
        command.addAll(argv);
        return command;
    }

    /** What of our environment criu gets; nothing of it is for the application, which has its own. */
    List<String> environment() {
        List<String> environment = new ArrayList<>(ProcessCalls.environment());
        if (isShort) {
            environment.removeIf(ClockStart::isInItsWay);
            environment.add("LC_ALL=C");
        }
        return environment;
    }

    /** For the user. */
    String text() {
        return "criu is started " + (isShort ? "without its probes" : "with all its probes, as " + because);
    }
}
