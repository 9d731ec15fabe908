package dev.thaw.image;

import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.TimensEntry;
import dev.thaw.image.proto.Timespec;
import dev.thaw.linux.FileCalls;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The clocks of an image, timens-*.img: what CLOCK_MONOTONIC and CLOCK_BOOTTIME were at the dump. A restore by root goes on from there, in a
 * time namespace (man 7 time_namespaces); the wall clock belongs to the machine and is in no image.
 */
public final class ClockImages {
    private static final String PREFIX = "timens-";
    private static final String SUFFIX = ".img";

    private ClockImages() {
    }

    /** timens-NUMBER.img; without a regular expression, as each restore asks. */
    private static boolean isOne(String name) {
        int end = name.length() - SUFFIX.length();
        boolean isOne = name.startsWith(PREFIX) && name.endsWith(SUFFIX) && end > PREFIX.length();
        for (int at = PREFIX.length(); isOne && at < end; at++) {
            isOne = name.charAt(at) >= '0' && name.charAt(at) <= '9';
        }
        return isOne;
    }

    /** The images directory's files of clocks, by path: with the clocks that much later. Empty where the dump recorded none. */
    public static Map<String, byte[]> later(String imagesDirectory, Duration later) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : FileCalls.list(imagesDirectory)) {
            if (isOne(name)) {
                String path = imagesDirectory + "/" + name;
                files.put(path, later(name, FileCalls.readAll(path), later.toSeconds()));
            }
        }
        return files;
    }

    /**
     * The clocks of the application at the dump.
     *
     * @param monotonicSeconds with monotonicNanos CLOCK_MONOTONIC
     * @param bootSeconds with bootNanos CLOCK_BOOTTIME
     */
    public record Clocks(long monotonicSeconds, long monotonicNanos, long bootSeconds, long bootNanos) {}

    /** Those of each time namespace of the image; empty where the dump recorded none. @throws ImageException when it is no such image */
    public static List<Clocks> read(String imagesDirectory, Set<String> imageFiles) {
        List<Clocks> found = new ArrayList<>();
        for (String name : imageFiles) {
            if (isOne(name)) {
                Fields clocks = new ImageFrames(name, FileCalls.readAll(imagesDirectory + "/" + name), ImageMagic.TIMENS).only();
                Fields monotonic = clocks.part(TimensEntry.MONOTONIC_FIELD_NUMBER);
                Fields boot = clocks.part(TimensEntry.BOOTTIME_FIELD_NUMBER);
                found.add(new Clocks(monotonic.wide(Timespec.TV_SEC_FIELD_NUMBER), monotonic.wide(Timespec.TV_NSEC_FIELD_NUMBER),
                        boot.wide(Timespec.TV_SEC_FIELD_NUMBER), boot.wide(Timespec.TV_NSEC_FIELD_NUMBER)));
            }
        }
        return found;
    }

    /** @throws ImageException when it is no such image */
    static byte[] later(String name, byte[] content, long seconds) {
        ImageFrames frames = new ImageFrames(name, content, ImageMagic.TIMENS);
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 8);
        frames.copy(0, frames.position(), out);
        while (frames.hasNext()) {
            Frame frame = frames.next();
            TimensEntry clocks = frames.decode(frame, TimensEntry.parser());
            ImageFrames.putEntry(out, clocks.toBuilder().setMonotonic(later(clocks.getMonotonic(), seconds)).setBoottime(later(clocks.getBoottime(), seconds))
                .build().toByteArray());
        }
        return out.toByteArray();
    }

    private static Timespec later(Timespec clock, long seconds) {
        return clock.toBuilder().setTvSec(clock.getTvSec() + seconds).build();
    }
}
