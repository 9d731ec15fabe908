package dev.thaw.image;

import dev.thaw.image.proto.DumpStatsEntry;
import dev.thaw.image.proto.StatsEntry;
import dev.thaw.linux.FileCalls;
import java.util.Optional;

/**
 * What criu says about a dump in stats-dump, which it writes into its work directory (images/stats.proto).
 *
 * @param freezingMicros until all tasks stood still
 * @param frozenMicros for which they stood still
 * @param memoryDumpMicros for finding and taking pages
 * @param memoryWriteMicros for writing them
 */
public record DumpStatistics(long freezingMicros, long frozenMicros, long memoryDumpMicros, long memoryWriteMicros, long pagesScanned,
                             long pagesSkipped, long pagesWritten) {

    /**
     * Reads {@code stats-dump}; empty when there is none.
     *
     * @param workDirectory criu's {@code -W}; a KernelString
     * @throws ImageException when it is not what criu writes
     */
    public static Optional<DumpStatistics> read(String workDirectory) {
        String name = "stats-dump";
        String path = workDirectory + "/" + name;
        if (FileCalls.statIfExists(path).isEmpty()) {
            return Optional.empty();
        }
        return decode(new ImageFrames(name, DirectoryFiles.readFile(path, name), ImageMagic.STATS));
    }

    static Optional<DumpStatistics> decode(ImageFrames frames) {
        StatsEntry stats = frames.only(StatsEntry.parser());
        if (!stats.hasDump()) {
            return Optional.empty();
        }
        DumpStatsEntry dump = stats.getDump();
        return Optional.of(new DumpStatistics(Integer.toUnsignedLong(dump.getFreezingTime()), Integer.toUnsignedLong(dump.getFrozenTime()),
            Integer.toUnsignedLong(dump.getMemdumpTime()), Integer.toUnsignedLong(dump.getMemwriteTime()), dump.getPagesScanned(),
            dump.getPagesSkippedParent(), dump.getPagesWritten()));
    }
}
