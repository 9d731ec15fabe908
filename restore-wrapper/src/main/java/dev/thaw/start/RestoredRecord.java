package dev.thaw.start;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.image.Manifest;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The launch record of a restored application: what its next checkpoint needs to know of its first start. */
final class RestoredRecord {
    private RestoredRecord() {}

    /** @param describe (pid, descriptor) → what it is */
    static LaunchRecord of(String name, int pid, Optional<Manifest> manifest, BiFunction<Integer, Integer, DescriptorDescription> describe) {
        List<String> command = manifest.map(Manifest::startedAs)
                .filter(words -> !words.isEmpty()).orElseGet(() -> ProcessTable.arguments(pid));
        String program = manifest.map(Manifest::startedFrom).orElse("/proc/" + pid + "/exe");
        Optional<ProcessStat> stat = ProcessStat.read(pid);
        boolean leads = stat.map(found -> found.session() == pid).orElse(true);
        return new LaunchRecord(LaunchRecord.FORMAT, name, pid, stat.map(ProcessStat::startTicks).orElse(0L),
                KernelString.decode(FileCalls.readAll("/proc/sys/kernel/random/boot_id")).strip(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(), command, program, directory(pid),
                leads ? SessionPolicy.NEW : SessionPolicy.SAME, descriptors(pid, describe),
                manifest.map(Manifest::inBroker).orElse(List.of()));
    }

    private static String directory(int pid) {
        try {
            return FileCalls.readlink("/proc/" + pid + "/cwd");
        } catch (LinuxException endedAlready) {
            return "/";
        }
    }

    private static List<DescriptorDescription> descriptors(int pid, BiFunction<Integer, Integer, DescriptorDescription> describe) {
        List<DescriptorDescription> found = new ArrayList<>();
        try {
            ProcessTable.descriptors(pid).forEach(fd -> found.add(describe.apply(pid, fd)));
        } catch (LinuxException changedMeanwhile) {
            return found; // the application runs already; the record is for people
        }
        return found;
    }
}
