package dev.thaw.desugar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/**
 * Part of the build: gives each lambda and method reference of compiled classes a class of its own, as if an inner class had been written in its place.
 * Linking one at run time costs a JVM of release 17 up to half a millisecond, also with a class archive, and a restore meets some two hundred of them.
 */
public final class Desugar {
    private final Path directory;
    private final Map<Path, byte[]> changed = new LinkedHashMap<>();
    /** By the class that leads the nest, as its file has to name them. */
    private final Map<String, List<String>> newMembers = new HashMap<>();

    private Desugar(Path directory) {
        this.directory = directory;
    }

    /** @param args directories of classes, which are changed in place; a second run finds nothing to do */
    public static void main(String[] args) throws IOException {
        for (String directory : args) {
            new Desugar(Path.of(directory)).run();
        }
    }

    private void run() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).sorted().toList()) {
                rewrite(file);
            }
        }
        for (Map.Entry<String, List<String>> nest : newMembers.entrySet()) {
            addMembers(nest.getKey(), nest.getValue());
        }
        for (Map.Entry<Path, byte[]> file : changed.entrySet()) {
            Files.write(file.getKey(), file.getValue());
        }
    }

    private void rewrite(Path file) throws IOException {
        ClassReader reader = new ClassReader(Files.readAllBytes(file));
        ClassWriter writer = new ClassWriter(reader, 0);
        CallSites sites = new CallSites(writer);
        reader.accept(sites, 0);
        if (sites.lambdas().isEmpty()) {
            return;
        }
        changed.put(file, writer.toByteArray());
        for (LambdaClass lambda : sites.lambdas()) {
            changed.put(path(lambda.name()), lambda.bytes());
            newMembers.computeIfAbsent(sites.nestHost(), host -> new ArrayList<>()).add(lambda.name());
        }
    }

    private void addMembers(String host, List<String> members) throws IOException {
        Path file = path(host);
        ClassReader reader = new ClassReader(changed.containsKey(file) ? changed.get(file) : Files.readAllBytes(file));
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public void visitEnd() {
                members.forEach(this::visitNestMember);
                super.visitEnd();
            }
        }, 0);
        changed.put(file, writer.toByteArray());
    }

    private Path path(String internalName) {
        return directory.resolve(internalName + ".class");
    }
}
