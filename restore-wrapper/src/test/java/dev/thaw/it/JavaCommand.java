package dev.thaw.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How the tests start thaw: with the options of the script {@code thaw}, and what is on the class path but for tests and JUnit. */
final class JavaCommand {
    private static final Pattern OF_TESTS =
            Pattern.compile("/test-classes/?$|/org/(junit|opentest4j|apiguardian|jspecify)/|/surefire|/(junit|idea)[^/]*_?rt\\.jar$");
    private static final List<String> THAW = build();

    private JavaCommand() {}

    /** The command line up to the main class. */
    static List<String> thaw() {
        return THAW;
    }

    /** The java that runs the tests. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static List<String> build() {
        List<String> command = new ArrayList<>(List.of(java(), "-Xlog:disable", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:-MaxFDLimit", "-Xshare:auto"));
        int version = Runtime.version().feature();
        if (version >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        // As the script has it once the project is packaged; without, each thaw unpacks a library for itself.
        jnaLibrary().ifPresent(library -> command.addAll(List.of("-Djna.nosys=true", "-Djna.nounpack=true",
                "-Djna.boot.library.path=" + library.getParent())));
        command.addAll(List.of("-Xbootclasspath/a:" + classPath(), "-cp", classPath(), "dev.thaw.cli.Main"));
        return List.copyOf(command);
    }

    private static Optional<Path> jnaLibrary() {
        Path unpacked = Checkout.root().resolve("restore-wrapper/target/native/com/sun/jna");
        String library = "linux-" + (System.getProperty("os.arch").equals("amd64") ? "x86-64" : System.getProperty("os.arch"));
        return Optional.of(unpacked.resolve(library).resolve("libjnidispatch.so")).filter(Files::isReadable);
    }

    private static String classPath() {
        String path = System.getProperty("java.class.path");
        List<String> entries = path.contains("surefirebooter") ? manifestClassPath(path) : List.of(path.split(File.pathSeparator));
        List<String> ours = entries.stream().filter(entry -> !OF_TESTS.matcher(entry).find()).toList();
        if (ours.stream().noneMatch(entry -> entry.contains("restore-wrapper") || entry.endsWith("/thaw.jar"))) {
            throw new AssertionError("thaw's own classes are not on the class path of the tests: " + entries);
        }
        return String.join(File.pathSeparator, ours);
    }

    /** Surefire starts the test JVM with one jar whose manifest names the others, and does not always put that right afterwards. */
    private static List<String> manifestClassPath(String jar) {
        try (JarFile file = new JarFile(jar)) {
            URI base = Path.of(jar).toUri();
            return Stream.of(file.getManifest().getMainAttributes().getValue("Class-Path").split(" +"))
                    .map(entry -> Path.of(base.resolve(entry)).toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
