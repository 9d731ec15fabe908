package dev.thaw.checkpoint;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.util.HashMap;
import java.util.Map;

/** What has come in at sockets whose unread messages criu does not keep: {@code /proc/PID/net/udp} and its siblings. */
final class ReceiveQueues {
    private static final String[] DATAGRAMS = {"udp", "udp6", "udplite", "udplite6", "raw", "raw6"};
    private static final int QUEUES = 4;
    private static final int INODE = 9;

    private ReceiveQueues() {}

    /** @return unread bytes by inode, as the kernel counts them; only of sockets that have some */
    static Map<Long, Long> of(int pid) {
        Map<Long, Long> unread = new HashMap<>();
        for (String file : DATAGRAMS) {
            datagrams(text(pid, file), unread);
        }
        netlink(text(pid, "netlink"), unread);
        return unread;
    }

    static void datagrams(String text, Map<Long, Long> unread) {
        for (String[] fields : rows(text)) {
            put(fields[INODE], Long.parseLong(fields[QUEUES].substring(fields[QUEUES].indexOf(':') + 1), 16), unread);
        }
    }

    static void netlink(String text, Map<Long, Long> unread) {
        for (String[] fields : rows(text)) {
            put(fields[INODE], Long.parseLong(fields[QUEUES]), unread);
        }
    }

    private static void put(String inode, long bytes, Map<Long, Long> unread) {
        if (bytes > 0) {
            unread.put(Long.parseLong(inode), bytes);
        }
    }

    /** Without the first row, which names the columns. */
    private static Iterable<String[]> rows(String text) {
        return () -> text.lines().skip(1).map(line -> line.trim().split("\\s+")).filter(fields -> fields.length > INODE).iterator();
    }

    private static String text(int pid, String file) {
        try {
            return KernelString.decode(FileCalls.readAll("/proc/" + pid + "/net/" + file));
        } catch (LinuxException notOfThisKernelOrGone) {
            return "";
        }
    }
}
