package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a restore changes in the files and pipes that it hands over: {@code file:PATH} empties, bytes that were unread are put back, markers
 * are written. None of it can be undone, so it is done when the tree is restored and proven, and has not run; a restore that fails before
 * leaves its targets as they were.
 */
final class Contents {
    /** What a pipe takes without waiting when poll(2) says that it has room (PIPE_BUF, man 7 pipe). */
    private static final int CHUNK_BYTES = 4096;

    /** For all markers together. A reader that is alive makes room sooner. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private final RestorePlan plan;
    private final OpenedHandovers opened;
    private final Map<Integer, String> markers;
    private boolean prepared;

    /** @param markers texts by descriptor of the root, see {@link Markers} */
    Contents(RestorePlan plan, OpenedHandovers opened, Map<Integer, String> markers) {
        this.plan = plan;
        this.opened = opened;
        this.markers = markers;
    }

    /** The first time; nothing the second, when criu is tried again. */
    void prepare() {
        if (prepared) {
            return;
        }
        prepared = true;
        for (Handover handover : plan.handovers()) {
            int fd = opened.number(handover);
            if (handover.opening() instanceof Opening.Path path && (path.flags() & OpenFlags.O_TRUNC) != 0 && FileCalls.fstat(fd).isRegular()) {
                FileCalls.ftruncate(fd, 0);
            }
        }
        for (Handover handover : plan.handovers()) {
            if (handover.replay().size() > 0) {
                Replay.write(handover, opened.number(handover));
            }
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        markers.forEach((descriptor, text) -> mark(descriptor, KernelString.encode(text + "\n"), end));
    }

    private void mark(int descriptor, byte[] line, long end) {
        Handover handover = Markers.find(descriptor, plan).orElseThrow();
        int fd = opened.number(handover);
        try {
            for (int done = 0; done < line.length; ) {
                long millis = Math.max(0, (end - System.nanoTime()) / 1_000_000);
                if (FdCalls.poll(new int[] {fd}, FdCalls.POLLOUT, millis)[0] == 0) {
                    throw new Failure(ExitCode.TIME_LIMIT, "--marker " + descriptor + ": there is no room in " + handover.opening().text(),
                            List.of("its reader has not read for " + Durations.format(LIMIT)), List.of("without --marker"));
                }
                done += write(fd, line, done);
            }
        } catch (LinuxException e) {
            throw new Failure(ExitCode.SOURCE, "--marker " + descriptor + " could not be written to " + handover.opening().text(),
                    List.of(e.getMessage()), List.of("without --marker"), e);
        }
    }

    /** @return bytes written; 0 when somebody else took the room */
    private static int write(int fd, byte[] line, int done) {
        try {
            return FileCalls.write(fd, line, done, Math.min(CHUNK_BYTES, line.length - done));
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return 0;
            }
            throw e;
        }
    }
}
