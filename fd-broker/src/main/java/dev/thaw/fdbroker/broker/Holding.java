package dev.thaw.fdbroker.broker;

import java.time.Instant;
import java.util.Optional;

/**
 * What the broker tells about a descriptor it keeps. Times are exact to the millisecond.
 *
 * @param kind file, pipe, socket, ... as in {@link dev.thaw.fdbroker.DescriptorDescription}
 * @param key what criu's {@code --inherit-fd} would compare; empty for kinds that have none
 * @param flags access mode and status flags of the open file description
 * @param uid user of the process that stored it
 * @param gid its group
 * @param pid its pid, which may by now be another process's
 * @param storedAt when
 * @param expiresAt when the broker closes it; empty: never
 */
public record Holding(FdName name, String kind, String key, int flags, int uid, int gid, int pid, Instant storedAt,
                      Optional<Instant> expiresAt) {
}
