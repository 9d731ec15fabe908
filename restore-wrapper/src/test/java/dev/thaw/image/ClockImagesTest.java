package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.image.proto.TimensEntry;
import dev.thaw.image.proto.Timespec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ClockImagesTest {

    @Test
    void both_clocks_are_later_by_as_much() {
        byte[] image = ImageEncoding.image(ImageMagic.TIMENS, List.of(entry(100, 7, 200, 8)));

        ImageFrames later = new ImageFrames("timens-0.img", ClockImages.later("timens-0.img", image, 3600), ImageMagic.TIMENS);

        assertEquals(entry(3700, 7, 3800, 8), later.only(TimensEntry.parser()));
    }

    @Test
    void clocks_are_read_of_each_time_namespace(@TempDir Path directory) throws IOException {
        Files.write(directory.resolve("timens-0.img"), ImageEncoding.image(ImageMagic.TIMENS, List.of(entry(100, 7, 200, 8))));

        assertEquals(List.of(new ClockImages.Clocks(100, 7, 200, 8)), ClockImages.read(directory.toString(), Set.of("timens-0.img", "core-1.img")));
        assertEquals(List.of(), ClockImages.read(directory.toString(), Set.of("core-1.img")));
    }

    @Test
    void another_image_is_refused() {
        byte[] image = ImageEncoding.image(ImageMagic.NETNS, List.of());
        assertThrows(ImageException.class, () -> ClockImages.later("timens-0.img", image, 1));
    }

    private static TimensEntry entry(long monotonic, long monotonicNanos, long boot, long bootNanos) {
        return TimensEntry.newBuilder().setMonotonic(Timespec.newBuilder().setTvSec(monotonic).setTvNsec(monotonicNanos))
            .setBoottime(Timespec.newBuilder().setTvSec(boot).setTvNsec(bootNanos)).build();
    }
}
