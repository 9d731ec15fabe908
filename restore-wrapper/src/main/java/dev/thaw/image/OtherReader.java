package dev.thaw.image;

import dev.thaw.image.FileImage.Eventpoll;
import dev.thaw.image.FileImage.Eventpoll.Watched;
import dev.thaw.image.FileImage.Other;
import dev.thaw.image.proto.EventpollEntry;
import dev.thaw.image.proto.EventpollTarget;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.Fown;
import java.util.ArrayList;
import java.util.List;

/** Decodes the entries of files.img that criu restores without help. */
final class OtherReader {

    private OtherReader() {
    }

    static Eventpoll eventpoll(FileId id, EventpollEntry entry) {
        List<Watched> watched = new ArrayList<>(entry.getTfdCount());
        for (EventpollTarget target : entry.getTfdList()) {
            watched.add(new Watched(target.getTfd(), target.getEvents(), target.getData(), target.getInode()));
        }
        return new Eventpoll(id, entry.getFlags(), watched, FileReader.owner(entry.getFown()));
    }

    /** An entry whose part for its kind is missing has nothing but its kind. */
    static Other other(FileId id, FileEntry entry) {
        return switch (id.type()) {
            case EVENTFD -> of(id, entry.getEfd().getFlags(), entry.getEfd().getFown(),
                "eventfd, counter " + Long.toUnsignedString(entry.getEfd().getCounter()));
            case SIGNALFD -> of(id, entry.getSgfd().getFlags(), entry.getSgfd().getFown(),
                "signalfd, mask 0x" + Long.toHexString(entry.getSgfd().getSigmask()));
            case TIMERFD -> of(id, entry.getTfd().getFlags(), entry.getTfd().getFown(), "timerfd, clock " + entry.getTfd().getClockid());
            case INOTIFY -> of(id, entry.getIfy().getFlags(), entry.getIfy().getFown(),
                "inotify, " + entry.getIfy().getWdCount() + " watches");
            case FANOTIFY -> of(id, entry.getFfy().getFlags(), entry.getFfy().getFown(),
                "fanotify, " + entry.getFfy().getMarkCount() + " marks");
            case NETLINK_SOCKET -> of(id, entry.getNlsk().getFlags(), entry.getNlsk().getFown(),
                "netlink socket, protocol " + entry.getNlsk().getProtocol());
            case PACKET_SOCKET -> of(id, entry.getPsk().getFlags(), entry.getPsk().getFown(),
                "packet socket, protocol " + entry.getPsk().getProtocol());
            case NAMESPACE -> of(id, entry.getNsf().getFlags(), Fown.getDefaultInstance(), "namespace " + entry.getNsf().getNsId());
            case TUN -> of(id, 0, Fown.getDefaultInstance(), "tun device " + Text.of(entry.getTunf().getNetdev()));
            case BPF_MAP -> of(id, entry.getBpf().getFlags(), entry.getBpf().getFown(), "BPF map");
            case PIDFD -> of(id, entry.getPidfd().getFlags(), entry.getPidfd().getFown(), "pidfd of pid " + entry.getPidfd().getNspid());
            default -> of(id, 0, entry.getExt().getFown(), "file of a criu plugin");
        };
    }

    private static Other of(FileId id, int flags, Fown owner, String summary) {
        return new Other(id, flags, id.type(), summary, FileReader.owner(owner));
    }
}
