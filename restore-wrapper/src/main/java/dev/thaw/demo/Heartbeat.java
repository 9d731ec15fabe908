package dev.thaw.demo;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;

/**
 * The application of {@code thaw demo}: counts, and tells it to its standard output and to a log, with a limit that it reads from a cgroup
 * file it holds open read-only, as runtimes do that size themselves by their container.
 */
public final class Heartbeat {
    private static final long PAUSE_MILLIS = 50;

    private Heartbeat() {}

    /** Arguments: the log, and the cgroup file or nothing. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (FileOutputStream log = new FileOutputStream(args[0], true);
                RandomAccessFile limit = new RandomAccessFile(args.length > 1 ? args[1] : "/dev/null", "r")) {
            for (int beat = 1;; beat++) {
                limit.seek(0);
                String text = limit.readLine();
                byte[] line = ("beat " + beat + (text == null ? "" : " limit " + text) + "\n").getBytes(StandardCharsets.US_ASCII);
                System.out.write(line);
                System.out.flush();
                log.write(line);
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }
}
