package dev.thaw.rehearse;

import dev.thaw.image.ClockImages;
import dev.thaw.image.Generations;
import dev.thaw.linux.FileCalls;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The clocks in an image, set forward for one restore: the image is as it was afterwards. */
final class ClockMove implements AutoCloseable {
    private static final int MODE = 0600;

    private final Map<String, byte[]> before = new LinkedHashMap<>();

    /** @return what was done; empty when the image has no clocks */
    String forward(String image, Duration later) {
        Map<String, byte[]> files = ClockImages.later(Generations.resolve(image).generationDir(), later);
        files.forEach((path, content) -> {
            before.put(path, FileCalls.readAll(path));
            FileCalls.writeFile(path, content, MODE);
        });
        return files.isEmpty() ? "" : "CLOCK_MONOTONIC and CLOCK_BOOTTIME are " + later.toSeconds() + " s later; the wall clock is the machine's";
    }

    /** Puts the image back as the checkpoint left it; one that was replaced meanwhile is gone with its directory. */
    @Override
    public void close() {
        before.forEach((path, content) -> {
            if (FileCalls.statIfExists(path).isPresent()) {
                FileCalls.writeFile(path, content, MODE);
            }
        });
        before.clear();
    }
}
