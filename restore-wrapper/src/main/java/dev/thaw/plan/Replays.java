package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.FileStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which handover carries the bytes that were unread at the dump, and what of them is lost. Each byte is written once. */
final class Replays {
    private final ImageSnapshot image;
    private final World world;
    private final Set<Long> carried = new HashSet<>();
    private final List<String> notes = new ArrayList<>();

    Replays(ImageSnapshot image, World world) {
        this.image = image;
        this.world = world;
    }

    List<String> notes() {
        return notes;
    }

    /** Unread bytes of a pipe or FIFO that the application reads. Those of pipes it writes went to their old reader. */
    Handover.Bytes of(Group group) {
        for (Subject subject : group.subjects()) {
            Optional<Long> pipe = readPipe(subject.file());
            byte[] unread = pipe.map(id -> subject.file() instanceof FileImage.Fifo ? image.fifoData().get(id) : image.pipeData().get(id))
                    .orElse(null);
            if (unread != null && unread.length > 0 && !carried.contains(pipe.get())) {
                if (holdsBytes(group.decision().opening())) {
                    carried.add(pipe.get());
                    return new Handover.Bytes(unread);
                }
                notes.add(unread.length + " unread bytes of " + subject.link() + " (" + subject.text() + ") are lost: "
                        + group.decision().opening().text() + " cannot hold them");
            }
            if (subject.file() instanceof FileImage.UnixSocket socket && image.queuedSocketIds().contains(socket.id().id())) {
                notes.add("unread data of " + subject.link() + " (" + subject.text() + ") is lost: it was queued in a socket that is replaced");
            }
        }
        return Handover.Bytes.NONE;
    }

    private static Optional<Long> readPipe(FileImage file) {
        if (!file.isReadable()) {
            return Optional.empty();
        }
        if (file instanceof FileImage.PipeEnd pipe) {
            return Optional.of(pipe.pipeId());
        }
        return file instanceof FileImage.Fifo fifo ? Optional.of(fifo.pipeId()) : Optional.empty();
    }

    /** Pipes and FIFOs; what the broker holds is seen when it is there. */
    private boolean holdsBytes(Opening opening) {
        if (opening instanceof Opening.Own own) {
            return Optional.ofNullable(world.own().get(own.number())).filter(found -> found.status().isFifo()).isPresent();
        }
        return opening instanceof Opening.Broker
                || opening instanceof Opening.Path path && world.at(path.path()).filter(FileStatus::isFifo).isPresent();
    }
}
