package dev.thaw.fdbroker.policy;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PeerCalls;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.proc.CgroupMembership;
import java.util.List;
import java.util.Optional;

/** Asks the kernel who is at the other end of a connection. */
public final class PeerReader {
    private PeerReader() {}

    /** User, groups and pid, as they were when the peer connected. */
    public static Peer read(int connection) {
        SocketCalls.PeerCredentials credentials = SocketCalls.peerCredentials(connection);
        return new Peer(credentials.uid(), credentials.gid(), PeerCalls.groups(connection), credentials.pid(), Optional.empty());
    }

    /**
     * The same peer with its program as it is now; without one when the process has ended, or the kernel cannot say that the pid is still its
     * own (before Linux 6.5).
     */
    public static Peer withProgram(Peer peer, int connection) {
        Optional<OwnedFd> pidFd = PeerCalls.pidFd(connection);
        if (pidFd.isEmpty() || peer.pid() <= 0) {
            return peer;
        }
        try (OwnedFd process = pidFd.get()) {
            String executable = FileCalls.readlink("/proc/" + peer.pid() + "/exe");
            List<String> cgroups = CgroupMembership.read(peer.pid()).stream().map(CgroupMembership::path).toList();
            // A process that has ended by now may have left its pid to the one that was just looked at.
            boolean ended = FdCalls.poll(new int[] {process.number()}, FdCalls.POLLIN, 0)[0] != 0;
            return ended ? peer : new Peer(peer.uid(), peer.gid(), peer.groups(), peer.pid(), Optional.of(new Peer.Program(executable, cgroups)));
        } catch (LinuxException goneOrNotToBeSeen) {
            return peer;
        }
    }
}
