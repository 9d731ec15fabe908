package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.Handover;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The descriptors of a plan, open. Owns them: they are closed with it, and live until the proof has compared them. Files that were made for them
 * go with it as well, as long as they are empty, unless they are to stay.
 */
final class OpenedHandovers implements AutoCloseable {
    // By the number in criu, which no two handovers of a plan share.
    private final SortedMap<Integer, OwnedFd> opened = new TreeMap<>();
    private final Map<String, FileStatus> made = new LinkedHashMap<>();

    /** Takes the descriptor. */
    void put(Handover handover, OwnedFd fd) {
        opened.put(handover.number(), fd);
    }

    /** Notes that this file was not there before. */
    void made(String path, FileStatus file) {
        made.put(path, file);
    }

    /** The application may have them from now on. */
    void keepFiles() {
        made.clear();
    }

    /** The descriptor of a handover; stays owned here. */
    int number(Handover handover) {
        return opened.get(handover.number()).number();
    }

    /** Number in criu → our number. */
    SortedMap<Integer, Integer> forCriu() {
        SortedMap<Integer, Integer> numbers = new TreeMap<>();
        opened.forEach((number, fd) -> numbers.put(number, fd.number()));
        return numbers;
    }

    @Override
    public void close() {
        opened.values().forEach(OwnedFd::close);
        opened.clear();
        made.forEach(OpenedHandovers::removeEmpty);
    }

    private static void removeEmpty(String path, FileStatus file) {
        try {
            FileStatus now = FileCalls.lstat(path);
            if (now.device() == file.device() && now.inode() == file.inode() && now.size() == 0) {
                FileCalls.unlink(path);
            }
        } catch (LinuxException gone) {
            return;
        }
    }
}
