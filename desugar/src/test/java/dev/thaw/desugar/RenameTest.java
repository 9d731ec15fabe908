package dev.thaw.desugar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RenameTest {
    private static final String PACKAGE = "dev/thaw/desugar/";
    private static final String FROM = PACKAGE + "RenameTest$Loud";
    private static final String TO = PACKAGE + "RenameTest$Quiet";

    @TempDir
    private Path directory;
    private Path user;

    @BeforeEach
    void copyTheClasses() throws Exception {
        Path compiled = Path.of(RenameTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Files.createDirectories(directory.resolve(PACKAGE));
        for (String name : new String[] {FROM, TO, PACKAGE + "RenameTest$User"}) {
            Files.copy(compiled.resolve(name + ".class"), directory.resolve(name + ".class"));
        }
        user = directory.resolve(PACKAGE + "RenameTest$User.class");
    }

    @Test
    void fields_methods_and_signatures_are_those_of_the_other_class() throws Exception {
        rename();
        Files.delete(directory.resolve(FROM + ".class"));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()}, null)) {
            Callable<?> renamed = (Callable<?>) loader.loadClass(User.class.getName()).getConstructor().newInstance();
            assertEquals("LOUD", new User().call());
            assertEquals("quiet", renamed.call());
        }
    }

    @Test
    void a_second_run_changes_nothing() throws IOException {
        rename();
        byte[] once = Files.readAllBytes(user);
        rename();
        assertArrayEquals(once, Files.readAllBytes(user));
    }

    private void rename() throws IOException {
        Rename.main(new String[] {directory.toString(), FROM + "=" + TO});
    }

    /** What the classes under test use. */
    public static final class Loud {
        static final Loud VOICE = new Loud();

        String say(Loud other) {
            return other == this ? "LOUD" : "";
        }
    }

    /** Of the same shape. */
    public static final class Quiet {
        static final Quiet VOICE = new Quiet();

        String say(Quiet other) {
            return other == this ? "quiet" : "";
        }
    }

    /** Knows only one of them. */
    public static final class User implements Callable<String> {
        private final Loud voice = Loud.VOICE;

        @Override
        public String call() {
            return voice.say(Loud.VOICE);
        }
    }
}
