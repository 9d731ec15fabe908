package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.fdbroker.policy.Peer;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.ProcLink;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Looks at descriptors that clients gave, in no way that could make the broker wait for a client's file system. */
final class Descriptors {

    private Descriptors() {}

    static Holding describe(int fd, Deposit deposit, Peer peer, Instant now) {
        String link = FileCalls.readlink("/proc/self/fd/" + fd);
        FileStatus status = FileCalls.fstatAtHand(fd);
        String kind = DescriptorDescription.kindOf(link, status);
        boolean deleted = status.links() == 0 && ProcLink.isDeleted(link);
        String path = deleted ? ProcLink.path(link) : link;
        Instant storedAt = now.truncatedTo(ChronoUnit.MILLIS);
        return new Holding(
                deposit.name(),
                kind,
                DescriptorDescription.keyOf(kind, path, status),
                FdCalls.getFlags(fd) & ~OpenFlags.O_LARGEFILE,
                peer.uid(),
                peer.gid(),
                peer.pid(),
                storedAt,
                deposit.expiry().isZero() ? Optional.empty() : Optional.of(storedAt.plus(deposit.expiry())));
    }
}
