package dev.thaw.start;

import dev.thaw.criu.CriuSearch;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.restore.AfterRestore;
import dev.thaw.restore.BrokerNames;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How to restore, whatever the image is.
 *
 * @param closedStreams streams that the caller had closed
 * @param brokerNames what the broker offers, where the options ask for it
 * @param broker gets the descriptor of a name from the broker, the one at this socket unless the user names another; the caller owns it
 * @param markers texts by descriptor, see {@link dev.thaw.restore.Markers}
 * @param criu looks for one
 * @param pidNamespace whether into a fresh pid namespace
 * @param once whether no generation counts any more when the application runs
 * @param name under which others find the application, or empty
 * @param registry where names are kept, if there is a place for them
 * @param variable value of an environment variable
 */
public record RestoreSettings(
        RestoreOptions options,
        Set<Integer> closedStreams,
        BrokerNames brokerNames,
        BiFunction<String, Optional<String>, OwnedFd> broker,
        Map<Integer, String> markers,
        Supplier<CriuSearch> criu,
        boolean pidNamespace,
        boolean once,
        AfterRestore afterRestore,
        String name,
        Optional<NameRegistry> registry,
        Function<String, Optional<String>> variable) {
    /** For everything up to the proof, unless the user says otherwise: an image of many gigabytes on a cold disk takes minutes. */
    public static final Duration LIMIT = Duration.ofMinutes(5);

    public RestoreSettings {
        closedStreams = Set.copyOf(closedStreams);
        markers = Map.copyOf(markers);
    }
}
