package dev.thaw.rehearse;

import dev.thaw.image.ClockImages;
import dev.thaw.image.Generations;
import dev.thaw.linux.FileCalls;
import dev.thaw.supervise.DeathWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The clocks in an image, set forward for one restore: the image is as it was afterwards, also when thaw is killed meanwhile. */
final class ClockMove implements AutoCloseable {
    private static final int MODE = 0600;
    /** Behind the name of what is put back. */
    private static final String BEFORE = ".before";

    /** The words are paths. */
    private static final String WATCH = """
            read -r told && exit 0
            for path; do mv -f -- "$path%1$s" "$path"; done
            """.formatted(BEFORE);

    private final List<String> moved = new ArrayList<>();
    private final List<DeathWatch> watches = new ArrayList<>();

    /** @return what was done; empty when the image has no clocks */
    String forward(String image, Duration later) {
        Map<String, byte[]> files = ClockImages.later(Generations.resolve(image).generationDir(), later);
        files.keySet().stream().filter(path -> !moved.contains(path)).forEach(path -> {
            FileCalls.writeFile(path + BEFORE, FileCalls.readAll(path), MODE);
            moved.add(path);
        });
        watches.add(DeathWatch.start("thaw-clock-watch", WATCH, moved));
        files.forEach((path, content) -> FileCalls.writeFile(path, content, MODE));
        return files.isEmpty() ? "" : "CLOCK_MONOTONIC and CLOCK_BOOTTIME are " + later.toSeconds() + " s later; the wall clock is the machine's";
    }

    /** Puts the image back as the checkpoint left it; one that was replaced meanwhile is gone with its directory. */
    @Override
    public void close() {
        moved.stream().filter(path -> FileCalls.statIfExists(path + BEFORE).isPresent()).forEach(path -> FileCalls.rename(path + BEFORE, path));
        moved.clear();
        watches.forEach(DeathWatch::close);
        watches.clear();
    }
}
