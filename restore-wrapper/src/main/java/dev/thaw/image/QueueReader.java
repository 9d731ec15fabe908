package dev.thaw.image;

import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.PipeDataEntry;
import dev.thaw.image.proto.SkPacketEntry;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Reads what had been written and not been read: pipes-data.img, fifo-data.img, sk-queues.img. */
final class QueueReader {

    private QueueReader() {
    }

    /** Unread bytes by pipe id. */
    static Map<Long, byte[]> pipeData(ImageFiles images, String name, ImageMagic magic) {
        Map<Long, byte[]> queues = new LinkedHashMap<>();
        if (images.has(name)) {
            ImageFrames frames = images.frames(name, magic);
            while (frames.hasNext()) {
                Frame frame = frames.next();
                PipeDataEntry entry = frames.decode(frame, PipeDataEntry.parser());
                long pipeId = Integer.toUnsignedLong(entry.getPipeId());
                if (queues.put(pipeId, frames.raw(Integer.toUnsignedLong(entry.getBytes()))) != null) {
                    throw frames.corrupt(frame, "pipe " + pipeId + " is there twice");
                }
            }
        }
        return queues;
    }

    /**
     * @param sockets ids of the sockets that have messages
     * @param filesInFlight ids of the files whose descriptors are in these messages
     */
    record SocketQueues(Set<Integer> sockets, Set<Integer> filesInFlight) {
    }

    static SocketQueues socketQueues(ImageFiles images) {
        Set<Integer> sockets = new LinkedHashSet<>();
        Set<Integer> filesInFlight = new LinkedHashSet<>();
        if (images.has("sk-queues.img")) {
            ImageFrames frames = images.frames("sk-queues.img", ImageMagic.SK_QUEUES);
            while (frames.hasNext()) {
                SkPacketEntry entry = frames.decode(frames.next(), SkPacketEntry.parser());
                frames.skipRaw(Integer.toUnsignedLong(entry.getLength()));
                sockets.add(entry.getIdFor());
                entry.getScmList().forEach(scm -> filesInFlight.addAll(scm.getRightsList()));
            }
        }
        return new SocketQueues(sockets, filesInFlight);
    }
}
