package dev.thaw.restore;

import dev.thaw.plan.RestoreOptions;
import java.util.Optional;
import java.util.Set;

/** What a broker offers. */
@FunctionalInterface
public interface BrokerNames {
    /**
     * @param options say whether it is asked at all
     * @param socket of the broker that the application was kept by, where there was one
     * @return empty when no rule asks the broker, or none answers
     */
    Optional<Set<String>> ask(RestoreOptions options, Optional<String> socket);

    static BrokerNames of(Optional<Set<String>> names) {
        return (options, socket) -> names;
    }
}
