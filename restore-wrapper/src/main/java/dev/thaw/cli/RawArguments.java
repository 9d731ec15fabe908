package dev.thaw.cli;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments as the kernel has them. The JVM decodes its arguments by the locale: with LANG=C every byte above 127 is lost, and with
 * it the file that was meant.
 */
final class RawArguments {
    private RawArguments() {}

    /** @param decoded what {@code main} was given */
    static List<String> of(String[] decoded) {
        return isAscii(decoded) ? List.of(decoded) : last(decoded.length, FileCalls.readAll("/proc/self/cmdline"));
    }

    /**
     * The last {@code count} strings of a command line, where the JVM's own options come first.
     *
     * @param commandLine strings that end with NUL each (man 5 proc)
     */
    static List<String> last(int count, byte[] commandLine) {
        List<String> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                all.add(KernelString.decode(commandLine, start, i - start));
                start = i + 1;
            }
        }
        return List.copyOf(all.subList(all.size() - count, all.size()));
    }

    // What the JVM could not decode is U+FFFD, or some other char above 127.
    private static boolean isAscii(String[] arguments) {
        return StandardCharsets.US_ASCII.newEncoder().canEncode(String.join("", arguments));
    }
}
