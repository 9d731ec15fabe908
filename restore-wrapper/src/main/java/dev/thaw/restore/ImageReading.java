package dev.thaw.restore;

import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.ResolvedImage;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.Pause;
import java.util.Optional;

/** The image of a restore, read by a thread of its own while the one that asks for it takes hold of signals and looks for criu. */
public final class ImageReading {
    private final String image;
    private final Thread thread;
    // Written by the thread, read when it has ended.
    private Image read;
    private RuntimeException refused;
    private Error broken;

    private ImageReading(String image) {
        this.image = image;
        thread = new Thread(this::read, "reading the image");
        thread.setDaemon(true);
    }

    /**
     * An image as it lies on the disk.
     *
     * @param manifest empty where thaw did not write it
     */
    public record Image(ResolvedImage resolved, ImageSnapshot snapshot, Optional<Manifest> manifest) {}

    /** @param image as on the command line; what is wrong with it {@link #await} says */
    public static ImageReading start(String image) {
        ImageReading reading = new ImageReading(image);
        reading.thread.start();
        return reading;
    }

    /**
     * Waits for it. Its thread has ended then: its number may be one that the image needs.
     *
     * @throws Failure with {@link ExitCode#IMAGE}
     */
    public Image await() {
        Pause.untilEnded(thread);
        if (refused != null) {
            throw refused;
        }
        if (broken != null) {
            throw broken;
        }
        return read;
    }

    /**
     * The same by the thread that calls.
     *
     * @throws Failure with {@link ExitCode#IMAGE}
     */
    static Image read(String image) {
        try {
            ResolvedImage resolved = Generations.resolve(image);
            return new Image(resolved, ImagesDirectory.read(resolved.generationDir()), Manifest.read(resolved.generationDir()));
        } catch (ImageException e) {
            throw Planning.imageFailure(image, e);
        }
    }

    private void read() {
        try {
            read = read(image);
        } catch (RuntimeException e) {
            refused = e;
        } catch (Error e) {
            broken = e;
        }
    }
}
