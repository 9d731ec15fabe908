package dev.thaw.checkpoint;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds cgroups whose processes stand still (cgroup.freeze of version 2, the freezer of version 1): criu waits for them for ever. */
final class FrozenCgroups {
    private FrozenCgroups() {}

    /** @param mounts that we see */
    static List<String> of(List<ScannedProcess> processes, List<MountInfo> mounts) {
        Set<CgroupMembership> places = new LinkedHashSet<>();
        processes.forEach(process -> process.bonds().cgroups().stream()
                .filter(place -> place.isUnified() || place.controllers().contains("freezer")).forEach(places::add));
        List<String> frozen = new ArrayList<>();
        for (CgroupMembership place : places) {
            place.directory(mounts).filter(directory -> isFrozen(directory, place.isUnified())).ifPresent(frozen::add);
        }
        return frozen;
    }

    /** A cgroup stands still as well when one above it was frozen. */
    private static boolean isFrozen(String directory, boolean unified) {
        try {
            return unified ? text(directory + "/cgroup.events").contains("frozen 1") : text(directory + "/freezer.state").strip().equals("FROZEN");
        } catch (LinuxException rootOfTheHierarchyOrGone) {
            return false;
        }
    }

    private static String text(String path) {
        return KernelString.decode(FileCalls.readAll(path));
    }
}
