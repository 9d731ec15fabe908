package dev.thaw.bench;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.ScaleImage;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlanner;
import dev.thaw.plan.World;
import dev.thaw.restore.WorldReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** The image reader, from files in the page cache, and the planner, of an image with ten descriptors a process. */
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ImageBench extends Timed {
    @Param({"1", "100", "1000"})
    public int processes;

    private Path directory;
    private ImageSnapshot snapshot;
    private World world;

    @Setup(Level.Trial)
    public void write() throws IOException {
        directory = Files.createTempDirectory("jmh-images-");
        ScaleImage.of(processes).writeTo(directory.toString());
        snapshot = ImagesDirectory.read(directory.toString());
        world = WorldReader.read(snapshot, Optional.empty(), WorldReader.ownCgroups(), RestoreOptions.automatic(), Set.of(), Optional.empty());
    }

    @TearDown(Level.Trial)
    public void remove() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Benchmark
    public ImageSnapshot read() {
        return ImagesDirectory.read(directory.toString());
    }

    @Benchmark
    public PlanResult plan() {
        return RestorePlanner.plan(snapshot, Optional.empty(), world, RestoreOptions.automatic());
    }
}
