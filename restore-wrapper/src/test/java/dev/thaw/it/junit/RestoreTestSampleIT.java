package dev.thaw.it.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * samples/restore-test, built and run as a developer would: by Maven, with the extension from a repository. The repository is the machine's own
 * seen through links, with the modules of this build added; so nothing is fetched, and nothing is installed.
 */
@IntegrationTest
@RequiresCriu
@RequiresTool("mvn")
class RestoreTestSampleIT {
    private static final String VERSION = "0.1.0";

    @Test
    @Timeout(150)
    void the_sample_project_passes_and_is_skipped_or_fails_where_there_is_no_thaw(Scratch scratch) throws Exception {
        Path project = Path.of(scratch.directory("project"));
        copy(Path.of(Checkout.sample("restore-test")), project);
        Path repository = repository(Path.of(scratch.directory("repository")));

        String passed = maven(project, repository, "-Dthaw=" + Checkout.sample("../thaw"), "-DmustRun=criu");
        assertTrue(passed.contains("exit 0"), passed);
        assertEquals("tests=\"1\" errors=\"0\" skipped=\"0\" failures=\"0\"", counts(project, "CounterRestoreTest"), passed);
        assertEquals("tests=\"1\" errors=\"0\" skipped=\"0\" failures=\"0\"", counts(project, "CounterRehearsalTest"), passed);

        String skipped = maven(project, repository, "-Dthaw=" + scratch.path("absent"));
        assertTrue(skipped.contains("exit 0"), skipped);
        assertEquals("tests=\"1\" errors=\"0\" skipped=\"1\" failures=\"0\"", counts(project, "CounterRestoreTest"), skipped);

        String failed = maven(project, repository, "-Dthaw=" + scratch.path("absent"), "-DmustRun=criu");
        assertTrue(failed.contains("exit 1") && failed.contains("must run (-DmustRun), and cannot: thaw cannot be run"), failed);
    }

    /** All that the machine's repository has, and the extension with its parent as they were built. */
    private static Path repository(Path made) throws IOException {
        Path machines = Path.of(System.getProperty("thaw.repository"));
        try (Stream<Path> entries = Files.list(machines)) {
            for (Path entry : entries.filter(one -> !one.getFileName().toString().equals("dev")).toList()) {
                Files.createSymbolicLink(made.resolve(entry.getFileName()), entry);
            }
        }
        Path root = Path.of(Checkout.sample("..")).normalize();
        install(made, "thaw-parent", root.resolve("pom.xml"), "pom");
        install(made, "thaw-junit-extension", root.resolve("junit-extension/pom.xml"), "pom");
        install(made, "thaw-junit-extension", root.resolve("junit-extension/target/thaw-junit-extension-" + VERSION + ".jar"), "jar");
        return made;
    }

    private static void install(Path repository, String artifact, Path file, String type) throws IOException {
        Path directory = Files.createDirectories(repository.resolve("dev/thaw/" + artifact + "/" + VERSION));
        Files.copy(file, directory.resolve(artifact + "-" + VERSION + "." + type));
    }

    private static String maven(Path project, Path repository, String... properties) throws Exception {
        List<String> command = new ArrayList<>(List.of(Checkout.tool("mvn").orElseThrow(), "-q", "-B", "-o", "-Dmaven.repo.local=" + repository));
        command.addAll(List.of(properties));
        command.add("test");
        File output = project.resolve("maven.out").toFile();
        ProcessBuilder builder = new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true).redirectOutput(output);
        builder.environment().put("THAW_NO_BUILD", "1");
        Process maven = builder.start();
        if (!maven.waitFor(120, TimeUnit.SECONDS)) {
            maven.descendants().forEach(ProcessHandle::destroyForcibly);
            maven.destroyForcibly();
            throw new AssertionError("Maven had not ended after 120 s\n" + Files.readString(output.toPath()));
        }
        return "exit " + maven.exitValue() + "\n" + Files.readString(output.toPath());
    }

    /** As surefire reports them. */
    private static String counts(Path project, String test) throws IOException {
        String xml = Files.readString(project.resolve("target/surefire-reports/TEST-shop." + test + ".xml"));
        return Stream.of("tests", "errors", "skipped", "failures").map(name -> xml.replaceFirst("(?s).*?<testsuite[^>]* (" + name + "=\"[0-9]+\").*", "$1"))
                .reduce((one, other) -> one + " " + other).orElseThrow();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(one -> !one.startsWith(from.resolve("target"))).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }
}
