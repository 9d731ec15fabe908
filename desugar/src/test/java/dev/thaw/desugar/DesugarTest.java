package dev.thaw.desugar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DesugarTest {
    @TempDir
    private Path directory;
    private Path classes;

    @BeforeEach
    void copyTheClassesOfLambdas() throws Exception {
        Path compiled = Path.of(Lambdas.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve("dev/thaw/desugar");
        classes = Files.createDirectories(directory.resolve("dev/thaw/desugar"));
        for (Path file : files(compiled)) {
            if (file.getFileName().toString().startsWith("Lambdas")) {
                Files.copy(file, classes.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void lambdas_do_what_they_did() throws Exception {
        Desugar.main(new String[] {directory.toString()});
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()}, null)) {
            Class<?> desugared = loader.loadClass(Lambdas.class.getName());
            assertNotSame(Lambdas.class, desugared);
            assertEquals(new Lambdas().get(), ((Supplier<?>) desugared.getConstructor().newInstance()).get());
        }
    }

    @Test
    void nothing_is_left_to_be_linked_at_run_time() throws IOException {
        assertTrue(linked() > 15, "javac's way of writing lambdas has changed");
        Desugar.main(new String[] {directory.toString()});
        assertEquals(0, linked());
    }

    @Test
    void a_second_run_changes_nothing() throws IOException {
        Desugar.main(new String[] {directory.toString()});
        Path changed = classes.resolve("Lambdas.class");
        byte[] once = Files.readAllBytes(changed);
        int count = files(classes).length;
        Desugar.main(new String[] {directory.toString()});
        assertArrayEquals(once, Files.readAllBytes(changed));
        assertEquals(count, files(classes).length);
    }

    private int linked() throws IOException {
        int[] count = new int[1];
        for (Path file : files(classes)) {
            new ClassReader(Files.readAllBytes(file)).accept(new ClassVisitor(Opcodes.ASM9) {
                @Override
                public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
                    return new MethodVisitor(Opcodes.ASM9) {
                        @Override
                        public void visitInvokeDynamicInsn(String called, String made, Handle bootstrap, Object... arguments) {
                            count[0] += bootstrap.getName().equals("metafactory") ? 1 : 0;
                        }
                    };
                }
            }, 0);
        }
        return count[0];
    }

    private static Path[] files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).toArray(Path[]::new);
        }
    }
}
