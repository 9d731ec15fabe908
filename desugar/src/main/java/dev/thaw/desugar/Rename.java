package dev.thaw.desugar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.SimpleRemapper;

/** Part of the build: has compiled classes use other classes than those that they were written for, of the same shape. */
public final class Rename {
    private Rename() {}

    /** @param args a directory of classes, which are changed in place, and internal names: {@code java/util/A=my/B}; a second run finds nothing to do */
    public static void main(String[] args) throws IOException {
        Map<String, String> names = new HashMap<>();
        for (String pair : List.of(args).subList(1, args.length)) {
            names.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        try (Stream<Path> files = Files.walk(Path.of(args[0]))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                Files.write(file, renamed(Files.readAllBytes(file), names));
            }
        }
    }

    private static byte[] renamed(byte[] content, Map<String, String> names) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(content).accept(new ClassRemapper(writer, new SimpleRemapper(Opcodes.ASM9, names)), 0);
        return writer.toByteArray();
    }
}
