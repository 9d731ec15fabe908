package dev.thaw.image;

import java.util.Map;
import java.util.Set;

/** Files that are only in memory. */
record MemoryFiles(String directory, Map<String, byte[]> contents) implements ImageFiles {

    @Override
    public Set<String> names() {
        return contents.keySet();
    }

    @Override
    public long totalBytes() {
        return contents.values().stream().mapToLong(content -> content.length).sum();
    }

    @Override
    public long size(String name) {
        return contents.get(name).length;
    }

    @Override
    public byte[] read(String name) {
        if (!has(name)) {
            throw ImageException.of(ImageException.Kind.MISSING, name, "not in " + directory);
        }
        return contents.get(name);
    }
}
