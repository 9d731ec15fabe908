package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The archive of classes that {@code ./thaw} makes once for a JVM, and what becomes of one that does not fit. */
@IntegrationTest
class ClassArchiveIT {
    private static final String ARCHIVED = "source: shared objects file";
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @Test
    @RequiresRoot
    void archive_is_made_once_and_taken_only_when_it_fits_and_is_our_own(Scratch scratch) throws IOException {
        Path copy = copy(scratch);
        Path target = copy.resolve("restore-wrapper/target");
        assertEquals("", thaw(scratch, copy).run("run", "--", "true").expect(0).err());
        assertFalse(Files.exists(target.resolve("archives")), "a start of an application waited for an archive");

        thaw(scratch, copy).run("--version").expect(0).expectOut("thaw 0.1.0\n");
        List<Path> made = files(target.resolve("archives")).stream().filter(file -> !file.toString().endsWith("%restore")).toList();
        assertEquals(1, made.size(), made.toString());
        assertTrue(isUsed(scratch, copy), "beside the jar");

        Path cache = Files.createDirectories(Path.of(scratch.path("cache/thaw")));
        Path moved = cache.resolve(made.get(0).getFileName() + "%" + copy.toString().replace('/', '%'));
        Files.move(made.get(0), moved);
        assertTrue(isUsed(scratch, copy), "in the cache of the user");
        FileCalls.chown(moved.toString(), 65534, 65534);
        assertFalse(isUsed(scratch, copy), "another user's file");
        FileCalls.chown(moved.toString(), 0, 0);

        FileTime built = Files.getLastModifiedTime(target.resolve("thaw.jar"));
        Files.setLastModifiedTime(target.resolve("thaw.jar"), FileTime.from(Instant.now().plusSeconds(60)));
        assertFalse(isUsed(scratch, copy), "a new build");
        Files.setLastModifiedTime(target.resolve("thaw.jar"), built);

        Files.write(moved, new byte[8192]);
        thaw(scratch, copy).run("run", "--", "sh", "-c", "exit 7").expect(7).expectOut("");
    }

    /** To read, check and link a class takes a JVM a multiple of what it takes for one of the archive. thaw's own may be needed: for what only some restores meet. */
    @Test
    @Alone // one pid is needed for the archive, and others are not to take it meanwhile
    @RequiresRoot
    @RequiresCriu
    void every_class_of_a_library_and_of_the_JDK_that_a_restore_takes_is_in_the_archive(Scratch scratch) throws IOException {
        Path copy = copy(scratch);
        Path log = Path.of(scratch.path("classes.log"));
        thaw(scratch, copy).run("--version").expect(0);
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            thaw(scratch, copy).run("checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            thaw(scratch, copy).environment("THAW_JAVA_OPTIONS", "-Xlog:class+load:file=" + log)
                    .run("restore", "--no-compiled-plan", "--detach", "--settle", "0", scratch.path("image")).expect(0);
            assertEquals("3", puppet.eval("1 + 2"));
            ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
        }
        List<String> loaded = Files.readAllLines(log);
        assertTrue(loaded.stream().filter(line -> line.contains("dev.thaw.") && line.contains(ARCHIVED)).count() > 300, "classes are no longer named so");
        assertEquals(List.of(), loaded.stream().filter(line -> line.contains(" source: jrt:/") || line.contains(" source: ") && line.contains("/target/lib/")).toList());
    }

    private static ThawProcess.Builder thaw(Scratch scratch, Path copy) {
        return ThawProcess.in(scratch).throughScript(copy.resolve("thaw").toString()).environment("THAW_JAVA", JAVA)
                .environment("XDG_CACHE_HOME", scratch.path("cache"))
                // Records of others, and what killed ones have left, take classes that a usual restore does not.
                .environment("THAW_RUNTIME_DIR", scratch.path("names"));
    }

    /** By what the JVM says of where the first class of thaw came from. */
    private static boolean isUsed(Scratch scratch, Path copy) throws IOException {
        Path log = Path.of(scratch.path("classes.log"));
        thaw(scratch, copy).environment("THAW_JAVA_OPTIONS", "-Xlog:class+load:file=" + log).run("run", "--", "true").expect(0);
        return Files.readAllLines(log).stream().filter(line -> line.contains("dev.thaw.cli.Main ")).findFirst().orElseThrow()
                .contains(ARCHIVED);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.endsWith("lock")).toList();
        }
    }

    /** A checkout with nothing but the script and what was built. */
    private static Path copy(Scratch scratch) throws IOException {
        Path built = Checkout.root().resolve("restore-wrapper/target");
        Path copy = Path.of(scratch.path("checkout"));
        Path target = Files.createDirectories(copy.resolve("restore-wrapper/target"));
        Files.copy(Checkout.root().resolve("thaw"), copy.resolve("thaw"));
        Files.copy(built.resolve("thaw.jar"), target.resolve("thaw.jar"));
        FileCalls.symlink(built.resolve("lib").toString(), target.resolve("lib").toString());
        FileCalls.symlink(built.resolve("native").toString(), target.resolve("native").toString());
        return copy;
    }
}
