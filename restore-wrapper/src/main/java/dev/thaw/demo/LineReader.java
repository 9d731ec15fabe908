package dev.thaw.demo;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The reader of a pipe: a log collector, say. */
final class LineReader implements AutoCloseable {
    private final OwnedFd fd;
    private final StringBuilder text = new StringBuilder();
    private final List<String> lines = new ArrayList<>();

    /** @param fd reading end; owned by this from now on */
    LineReader(OwnedFd fd) {
        this.fd = fd;
    }

    /** Reads until {@code count} whole lines have come in all, or the limit passes, or nobody writes any more. */
    List<String> await(int count, Duration limit) {
        Instant deadline = Instant.now().plus(limit);
        byte[] buffer = new byte[4096];
        while (lines.size() < count) {
            long left = Duration.between(Instant.now(), deadline).toMillis();
            if (left <= 0 || FdCalls.poll(new int[] {fd.number()}, FdCalls.POLLIN, left)[0] == 0) {
                break;
            }
            int got = FileCalls.read(fd.number(), buffer, 0, buffer.length);
            if (got <= 0) {
                break;
            }
            text.append(new String(buffer, 0, got, StandardCharsets.US_ASCII));
            for (int end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
                lines.add(text.substring(0, end));
                text.delete(0, end + 1);
            }
        }
        return List.copyOf(lines);
    }

    /** What is there now, without waiting for more. */
    List<String> rest() {
        return await(Integer.MAX_VALUE, Duration.ofMillis(200));
    }

    @Override
    public void close() {
        fd.close();
    }
}
