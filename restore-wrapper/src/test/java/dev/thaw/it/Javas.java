package dev.thaw.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The Java versions that thaw is tried with, as far as they are on this machine. */
public final class Javas {
    private Javas() {}

    /** 17 is there, since it built this; 25 where it is installed. Version to home directory. */
    public static Map<String, Path> installed() throws IOException {
        Map<String, Path> found = new TreeMap<>();
        List<Path> homes = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        Path shared = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(shared)) {
            try (Stream<Path> list = Files.list(shared)) {
                list.sorted().forEach(homes::add);
            }
        }
        for (Path home : homes) {
            if (Files.isRegularFile(home.resolve("release")) && Files.isExecutable(home.resolve("bin/java"))) {
                String release = Files.readString(home.resolve("release"));
                Stream.of("17", "25").filter(version -> release.contains("JAVA_VERSION=\"" + version + "."))
                        .forEach(version -> found.putIfAbsent(version, home));
            }
        }
        return found;
    }
}
