package dev.thaw.inspect;

import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.FileView;
import dev.thaw.inspect.Inspection.ProcessView;
import dev.thaw.linux.KernelString;
import dev.thaw.report.Columns;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Every path that an image needs, and what for: {@code thaw inspect --files}. */
public final class FilesText {
    private static final List<String> COLUMNS = List.of("PATH", "OPEN AS", "MAPPED BY");
    private static final Set<String> WITH_PATH = Set.of("file", "directory", "device", "fifo", "null");
    private static final int SHOWN = 3;

    private FilesText() {}

    /** @param columns of a line; 0 for no limit */
    public static String of(Inspection inspection, int columns) {
        Map<String, List<String>> open = new TreeMap<>();
        for (ProcessView process : inspection.processes()) {
            for (DescriptorView descriptor : process.descriptors()) {
                if (WITH_PATH.contains(descriptor.kind())) {
                    open.computeIfAbsent(descriptor.link(), none -> new ArrayList<>())
                            .add(process.pid() + "/" + descriptor.fd() + " " + descriptor.access());
                }
            }
        }
        Map<String, List<String>> mapped = new LinkedHashMap<>();
        for (FileView file : inspection.files()) {
            mapped.computeIfAbsent(file.path() + file.state(), none -> new ArrayList<>())
                    .addAll(file.usedBy().stream().map(pid -> Integer.toString(pid)).toList());
        }
        Set<String> paths = new TreeSet<>(open.keySet());
        paths.addAll(mapped.keySet());
        List<List<String>> rows = new ArrayList<>(List.of(COLUMNS));
        for (String path : paths) {
            rows.add(List.of(KernelString.printable(path), some(open.getOrDefault(path, List.of())), some(mapped.getOrDefault(path, List.of()))));
        }
        return Columns.of("  ", rows, columns);
    }

    private static String some(List<String> texts) {
        String shown = texts.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return texts.size() > SHOWN ? shown + " and " + (texts.size() - SHOWN) + " more" : shown;
    }
}
