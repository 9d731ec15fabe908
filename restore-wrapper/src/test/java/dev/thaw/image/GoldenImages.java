package dev.thaw.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Images of a real criu, made by make-golden beside them. */
final class GoldenImages {

    static final List<String> VERSIONS = List.of("4.1.1", "4.2.1");

    private GoldenImages() {
    }

    static String directory(String version) {
        try {
            return Path.of(GoldenImages.class.getResource("/images/criu-" + version).toURI()).toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** The images by name, in the order of names; without the statistics. */
    static Map<String, byte[]> files(String version) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (Stream<Path> list = Files.list(Path.of(directory(version)))) {
            for (Path path : list.sorted().toList()) {
                if (path.toString().endsWith(".img")) {
                    files.put(path.getFileName().toString(), Files.readAllBytes(path));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }
}
