package dev.thaw.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What of the mappings of a process matters to a dump.
 *
 * @param deleted files without this name, each once, the executable among them
 * @param anonymousInodes names such as {@code anon_inode:[io_uring]}, each once
 * @param uprobes somebody has set a user-space probe
 * @param special memory of other kinds
 */
public record Mappings(List<Deleted> deleted, Set<String> anonymousInodes, boolean uprobes, Special special) {

    public static final Mappings NONE = new Mappings(List.of(), Set.of(), false);

    private static final String SUFFIX = " (deleted)";
    /** Shared memory that only looks like a deleted file in the list; criu knows each of these. */
    private static final List<String> NOT_FILES = List.of("/memfd:", "/SYSV", "/dev/zero", "/[aio]", "/anon_hugepage", "/secretmem");
    private static final String JVM_DATA = "/hsperfdata_";

    /**
     * Memory that is no file, or a file that is not the application's business.
     *
     * @param systemV segments of shmat(2)
     * @param secret memory of memfd_secret(2)
     * @param sharedAnonymous inodes of anonymous memory that was made to be shared
     * @param jvmData the file that a JVM counts in, in a directory {@code hsperfdata_USER}; empty for none
     * @param foreignExecutable path of an executable on a mount that the root process does not see; empty when it does
     * @param locked files that the process holds POSIX locks on, as in {@link FdExtras.Lock}
     */
    public record Special(boolean systemV, boolean secret, Set<Long> sharedAnonymous, String jvmData, String foreignExecutable, Set<String> locked) {
        public static final Special NONE = new Special(false, false, Set.of(), "", "");

        public Special {
            sharedAnonymous = Set.copyOf(sharedAnonymous);
            locked = Set.copyOf(locked);
        }

        public Special(boolean systemV, boolean secret, Set<Long> sharedAnonymous, String jvmData, String foreignExecutable) {
            this(systemV, secret, sharedAnonymous, jvmData, foreignExecutable, Set.of());
        }

        Special with(String executable, Set<String> lockedFiles) {
            return new Special(systemV, secret, sharedAnonymous, jvmData, executable, lockedFiles);
        }
    }

    /**
     * A mapped file whose name was removed.
     *
     * @param range as in {@code /proc/PID/map_files}
     * @param sizeBytes of the file; as far as it is mapped when the file cannot be looked at
     * @param links names that the file still has
     */
    public record Deleted(String path, String range, long sizeBytes, long links) {}

    public Mappings {
        deleted = List.copyOf(deleted);
        anonymousInodes = Set.copyOf(anonymousInodes);
    }

    public Mappings(List<Deleted> deleted, Set<String> anonymousInodes, boolean uprobes) {
        this(deleted, anonymousInodes, uprobes, Special.NONE);
    }

    /** @param maps text of {@code /proc/PID/maps} */
    public static Mappings parse(String maps) {
        List<Deleted> deleted = new ArrayList<>();
        Set<String> inodes = new LinkedHashSet<>();
        Set<String> anonymous = new LinkedHashSet<>();
        Set<Long> sharedAnonymous = new LinkedHashSet<>();
        boolean uprobes = false;
        boolean systemV = false;
        boolean secret = false;
        String jvmData = "";
        boolean jvm = maps.contains(JVM_DATA);
        for (int start = 0, end = lineEnd(maps, 0); start < maps.length(); start = end + 1, end = lineEnd(maps, start)) {
            if (end == start || maps.charAt(end - 1) != ')' && maps.charAt(end - 1) != ']' && !jvm) {
                continue; // most lines are of files that are there, and taking them apart costs time
            }
            String line = maps.substring(start, end);
            if (!line.endsWith(SUFFIX) && !line.endsWith("]") && !line.contains(JVM_DATA)) {
                continue;
            }
            String[] fields = line.split("\\s+", 6);
            if (fields.length < 6) {
                continue;
            }
            String name = fields[5];
            if (name.equals("[uprobes]")) {
                uprobes = true;
            } else if (name.startsWith("anon_inode:")) {
                anonymous.add(name);
            } else if (name.startsWith("/SYSV")) {
                systemV = true;
            } else if (name.startsWith("/secretmem")) {
                secret = true;
            } else if (name.equals("/dev/zero" + SUFFIX)) {
                sharedAnonymous.add(Long.parseLong(fields[4]));
            } else if (name.contains(JVM_DATA) && !name.endsWith(SUFFIX)) {
                jvmData = name;
            } else if (name.endsWith(SUFFIX) && NOT_FILES.stream().noneMatch(name::startsWith) && inodes.add(fields[3] + " " + fields[4])) {
                String path = name.substring(0, name.length() - SUFFIX.length());
                long mappedBytes = length(fields[0]) + Long.parseUnsignedLong(fields[2], 16);
                deleted.add(new Deleted(path, mapFile(fields[0]), mappedBytes, 0));
            }
        }
        return new Mappings(deleted, anonymous, uprobes, new Special(systemV, secret, sharedAnonymous, jvmData, ""));
    }

    /**
     * @param maps text of {@code /proc/PID/maps}
     * @param files device and inode, as in {@link FdExtras.Lock}
     * @return those of them that are mapped
     */
    static Set<String> mapped(String maps, Set<String> files) {
        Set<String> mapped = new LinkedHashSet<>();
        if (!files.isEmpty()) {
            for (String line : maps.split("\n")) {
                String[] fields = line.split(" ", 6);
                if (fields.length > 4 && files.contains(fields[3] + ":" + fields[4])) {
                    mapped.add(fields[3] + ":" + fields[4]);
                }
            }
        }
        return mapped;
    }

    private static int lineEnd(String text, int from) {
        int end = text.indexOf('\n', from);
        return end < 0 ? text.length() : end;
    }

    /** The kernel pads addresses with zeros here and does not there. */
    private static String mapFile(String range) {
        String[] ends = range.split("-");
        return Long.toHexString(Long.parseUnsignedLong(ends[0], 16)) + "-" + Long.toHexString(Long.parseUnsignedLong(ends[1], 16));
    }

    private static long length(String range) {
        String[] ends = range.split("-");
        return Long.parseUnsignedLong(ends[1], 16) - Long.parseUnsignedLong(ends[0], 16);
    }
}
