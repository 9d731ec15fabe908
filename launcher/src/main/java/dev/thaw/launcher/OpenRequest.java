package dev.thaw.launcher;

import dev.thaw.linux.OpenFlags;
import java.util.Map;

/**
 * A path that the child gets opened as a certain number: {@code N=PATH[:ro|wo|rw|append]}.
 *
 * @param number in the child
 * @param path from the caller's working directory
 * @param flags O_* of open(2)
 */
public record OpenRequest(int number, String path, int flags) {
    private static final Map<String, Integer> MODES = Map.of(
            "ro", OpenFlags.O_RDONLY,
            "wo", OpenFlags.O_WRONLY | OpenFlags.O_CREAT,
            "rw", OpenFlags.O_RDWR | OpenFlags.O_CREAT,
            "append", OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT);

    /** @throws IllegalArgumentException with a text for the user */
    public static OpenRequest parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1 || equals == text.length() - 1 || !text.substring(0, equals).matches("\\d{1,7}")) {
            throw new IllegalArgumentException("'" + text + "' is not of the form N=PATH[:ro|wo|rw|append]");
        }
        String path = text.substring(equals + 1);
        int flags = OpenFlags.O_RDONLY;
        int colon = path.lastIndexOf(':');
        // A colon that no mode follows belongs to the path.
        if (colon > 0 && MODES.containsKey(path.substring(colon + 1))) {
            flags = MODES.get(path.substring(colon + 1));
            path = path.substring(0, colon);
        }
        return new OpenRequest(Integer.parseInt(text.substring(0, equals)), path, flags);
    }
}
