package dev.thaw.linux.proc;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A file that a process has in its memory, from {@code /proc/PID/maps}; anonymous memory and what only looks like a file is not among them.
 *
 * @param path as the kernel writes it, {@code " (deleted)"} of a removed name included; of a memory file {@code /memfd:NAME (deleted)}
 * @param inode number
 * @param sharedWritable whether what is written to the memory goes to the file
 */
public record MappedFile(String path, long inode, boolean sharedWritable) {
    private static final String MEMFD = "/memfd:";
    /** Memory that has a name with a slash in front, and is no file. */
    private static final List<String> NOT_FILES = List.of("/SYSV", "/dev/zero", "/[aio]", "/anon_hugepage", "/secretmem");

    /** Each file once, or twice if it is mapped both ways, in the order of its first mapping. EACCES without the right to trace the process. */
    public static List<MappedFile> read(int pid) {
        return parse(ProcFile.read("/proc/" + pid + "/maps"));
    }

    /** Reads the text of that file. */
    public static List<MappedFile> parse(String maps) {
        Set<MappedFile> found = new LinkedHashSet<>();
        for (String line : maps.split("\n")) {
            // Range, permissions, offset, device, inode, blanks, path.
            String[] fields = line.split(" +", 6);
            if (fields.length == 6 && fields[5].startsWith("/") && NOT_FILES.stream().noneMatch(fields[5]::startsWith)) {
                boolean shared = fields[1].charAt(1) == 'w' && fields[1].charAt(3) == 's';
                found.add(new MappedFile(fields[5], Long.parseUnsignedLong(fields[4]), shared));
            }
        }
        return new ArrayList<>(found);
    }

    public boolean isMemoryFile() {
        return path.startsWith(MEMFD);
    }
}
