package dev.thaw.linux.proc;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of {@code /proc/PID/mountinfo}.
 *
 * @param mountId the id that statx and fdinfo give too
 * @param parentId id of the mount it lies on
 * @param major of the device number of its files
 * @param minor of the device number of its files
 * @param root the part of the file system that is mounted; ends with {@code //deleted} when it was removed
 * @param mountPoint where, as seen from the root directory of the process
 * @param options of this mount, separated by commas
 * @param fsType type of the file system
 * @param source device or other origin
 * @param superOptions of the file system, separated by commas
 */
public record MountInfo(int mountId, int parentId, int major, int minor, String root, String mountPoint, String options, String fsType,
                        String source, String superOptions) {

    /**
     * Reads the text of the file; mounts in its order, so a later one hides an earlier one at the same place.
     *
     * @throws IllegalArgumentException when a line is of another form
     */
    public static List<MountInfo> parse(String text) {
        List<MountInfo> mounts = new ArrayList<>();
        for (String line : text.split("\n")) {
            if (!line.isEmpty()) {
                mounts.add(parseLine(line));
            }
        }
        return List.copyOf(mounts);
    }

    /** The mounts that a process sees. */
    public static List<MountInfo> read(int pid) {
        return parse(ProcFile.read("/proc/" + pid + "/mountinfo"));
    }

    private static MountInfo parseLine(String line) {
        // An empty source gives two spaces, so empty fields count.
        String[] fields = line.split(" ", -1);
        int separator = 6;
        // Optional fields, of any number, end at a lone hyphen.
        while (separator < fields.length && !fields[separator].equals("-")) {
            separator++;
        }
        if (fields.length < separator + 4) {
            throw new IllegalArgumentException("not a line of mountinfo: " + line);
        }
        String[] device = fields[2].split(":");
        return new MountInfo(
            Integer.parseInt(fields[0]),
            Integer.parseInt(fields[1]),
            Integer.parseInt(device[0]),
            Integer.parseInt(device[1]),
            unescaped(fields[3]),
            unescaped(fields[4]),
            unescaped(fields[5]),
            unescaped(fields[separator + 1]),
            unescaped(fields[separator + 2]),
            unescaped(fields[separator + 3]));
    }

    /** Undoes the kernel's three-digit octal escapes of space, tab, newline and backslash. */
    private static String unescaped(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        StringBuilder text = new StringBuilder(field.length());
        for (int at = 0; at < field.length(); at++) {
            if (isEscape(field, at)) {
                text.append((char) Integer.parseInt(field.substring(at + 1, at + 4), 8));
                at += 3;
            } else {
                text.append(field.charAt(at));
            }
        }
        return text.toString();
    }

    private static boolean isEscape(String field, int at) {
        if (field.charAt(at) != '\\' || at + 3 >= field.length()) {
            return false;
        }
        for (int digit = at + 1; digit <= at + 3; digit++) {
            if (field.charAt(digit) < '0' || field.charAt(digit) > '7') {
                return false;
            }
        }
        return true;
    }
}
