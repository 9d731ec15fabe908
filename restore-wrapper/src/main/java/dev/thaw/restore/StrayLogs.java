package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnDirectory;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.plan.Search;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Logs of failed restores that cannot lie beside their images, in the directory of thaw's work directories. They go when their images are
 * gone, and when there are {@value #KEPT} newer ones.
 */
final class StrayLogs {
    static final int KEPT = 16;

    /** As a line of criu's own log, so that a reader of such logs takes it for one. */
    private static final String OPENING = "(00.000000) restore of the images in ";
    private static final int FIRST_LINE_BYTES = 4096 + 64;

    /** Apart, as a pattern takes a JVM long, and most often there is no such file. */
    private static final class Names {
        /** The second group is the pid of a thaw that was killed before the file had its name, or still writes it. */
        static final Pattern FILE = Pattern.compile("thaw-[0-9a-f]{8}-" + Pattern.quote(FailureLog.NAME) + "(\\.(\\d{1,9}))?");

        private Names() {}
    }

    private record Log(String path, FileStatus status, Optional<String> images) {}

    private StrayLogs() {}

    static String path(String base, String images) {
        return base + "/thaw-" + String.format("%08x", images.hashCode()) + "-" + FailureLog.NAME;
    }

    /** Tells a sweep whose log it is. */
    static String firstLine(String images) {
        return OPENING + images + "\n";
    }

    /** Removes those of ours that nobody needs any more. What cannot be removed stays: it is in nobody's way. */
    static void sweep(String base) {
        try {
            if (OwnDirectory.isLeftAlone(FileCalls.stat(base))) {
                removeUnneeded(base, Search.fitting(FileCalls.list(base), name -> name.contains(FailureLog.NAME)));
            }
        } catch (LinuxException notOurs) {
            return;
        }
    }

    private static void removeUnneeded(String base, List<String> names) {
        if (names.isEmpty()) {
            return;
        }
        names.stream().filter(StrayLogs::isAbandoned).map(name -> read(base + "/" + name)).flatMap(Optional::stream).forEach(StrayLogs::remove);
        List<Log> logs = names.stream().filter(name -> Names.FILE.matcher(name).matches() && !name.matches(".*\\.\\d+"))
                .map(name -> read(base + "/" + name)).flatMap(Optional::stream)
                .sorted((a, b) -> Long.compare(b.status().modifiedNanos(), a.status().modifiedNanos())).toList();
        List<Log> needed = logs.stream().filter(log -> !log.images().map(StrayLogs::isGone).orElse(false)).limit(KEPT).toList();
        logs.stream().filter(log -> !needed.contains(log)).forEach(StrayLogs::remove);
    }

    private static boolean isAbandoned(String name) {
        Matcher matcher = Names.FILE.matcher(name);
        return matcher.matches() && matcher.group(2) != null && !ProcessCalls.exists(Integer.parseInt(matcher.group(2)));
    }

    /** @return empty for what is no file of ours: nothing is done to those */
    private static Optional<Log> read(String path) {
        // Somebody may have put a FIFO there.
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_NONBLOCK)) {
            FileStatus status = FileCalls.fstat(file.number());
            if (!status.isRegular() || status.uid() != ProcessCalls.geteuid() || status.links() != 1) {
                return Optional.empty();
            }
            byte[] start = new byte[FIRST_LINE_BYTES];
            int count = FileCalls.read(file.number(), start, 0, start.length);
            return Optional.of(new Log(path, status, images(KernelString.decode(Arrays.copyOf(start, count)))));
        } catch (LinuxException notReadable) {
            return Optional.empty();
        }
    }

    private static Optional<String> images(String start) {
        int end = start.indexOf('\n');
        return start.startsWith(OPENING + "/") && end > 0 ? Optional.of(start.substring(OPENING.length(), end)) : Optional.empty();
    }

    private static boolean isGone(String images) {
        try {
            return FileCalls.statIfExists(images).isEmpty();
        } catch (LinuxException cannotTell) {
            return false;
        }
    }

    private static void remove(Log log) {
        try {
            FileCalls.unlink(log.path());
        } catch (LinuxException removedBySomebodyElse) {
            return;
        }
    }
}
