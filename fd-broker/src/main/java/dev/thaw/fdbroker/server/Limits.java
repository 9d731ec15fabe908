package dev.thaw.fdbroker.server;

import java.time.Duration;

/**
 * What one client, one user and all together may take.
 *
 * @param descriptors kept at the same time
 * @param descriptorsPerUser of these, stored by one user other than the broker's own
 * @param connections at the same time
 * @param connectionsPerUser of these, by one user
 * @param idle a connection over which nothing comes for so long is closed
 * @param unread and one whose client does not read a reply for so long
 * @param unreadDescriptorsPerUser sent to one user's clients and not yet read
 * @param drain how long clients have to read their replies when the broker ends
 * @param handOver how long a successor may take between two of its requests
 */
public record Limits(int descriptors, int descriptorsPerUser, int connections, int connectionsPerUser, Duration idle, Duration unread,
                     int unreadDescriptorsPerUser, Duration drain, Duration handOver) {
    /** The JVM's files, a listener, a lock, and what comes with a request before it is kept or refused. */
    private static final int SPARE = 1024;

    private static final int USUAL_CONNECTIONS = 512;

    /**
     * The usual ones.
     *
     * @param openFiles how many descriptors this process may have (RLIMIT_NOFILE)
     */
    public static Limits within(long openFiles) {
        int room = (int) Math.max(16, Math.min(openFiles, 1 << 20) - SPARE - USUAL_CONNECTIONS);
        return new Limits(
                room,
                Math.max(1, room / 4),
                USUAL_CONNECTIONS,
                USUAL_CONNECTIONS / 4,
                Duration.ofMinutes(1),
                Duration.ofSeconds(10),
                2048,
                Duration.ofSeconds(5),
                Duration.ofSeconds(10));
    }

    /** How many descriptors the process has to be allowed for these limits. */
    public long openFiles() {
        return (long) descriptors + connections + SPARE;
    }

    public Limits withDescriptors(int all, int perUser) {
        return new Limits(all, perUser, connections, connectionsPerUser, idle, unread, unreadDescriptorsPerUser, drain, handOver);
    }

    public Limits withConnections(int all, int perUser) {
        return new Limits(descriptors, descriptorsPerUser, all, perUser, idle, unread, unreadDescriptorsPerUser, drain, handOver);
    }

    public Limits withTimes(Duration newIdle, Duration newUnread, Duration newDrain) {
        return new Limits(
                descriptors, descriptorsPerUser, connections, connectionsPerUser, newIdle, newUnread, unreadDescriptorsPerUser, newDrain, handOver);
    }
}
