package dev.thaw.plan;

import dev.thaw.image.CgroupImage;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The cgroups that the dumped root was in, from the best witness there is. */
final class DumpedCgroups {
    private DumpedCgroups() {}

    /**
     * @param manifest what thaw recorded at the checkpoint; it knows the mounts of that time
     * @param now stands in for the mounts of an image that thaw did not write
     */
    static CgroupFiles.View of(ImageSnapshot image, Optional<CgroupFiles.View> manifest, CgroupFiles.View now) {
        if (manifest.isPresent()) {
            return manifest.get();
        }
        int set = image.root().cgroupSet().orElse(image.inventory().rootCgroupSet());
        List<CgroupImage.Controller> recorded = image.cgroups().sets().getOrDefault(set, List.of());
        List<CgroupMembership> memberships = new ArrayList<>();
        for (CgroupImage.Controller controller : recorded) {
            List<String> names = controller.name().isEmpty() ? List.of() : List.of(controller.name().split(","));
            memberships.add(new CgroupMembership(0, names, controller.path().isEmpty() ? "/" : controller.path()));
        }
        return new CgroupFiles.View(memberships.isEmpty() ? inferred(now, image) : memberships, now.mounts());
    }

    /** The last witness, as criu records nothing when it ran in the same cgroups: the directory that all open files of a hierarchy share. */
    private static List<CgroupMembership> inferred(CgroupFiles.View now, ImageSnapshot image) {
        List<String> paths = image.files().values().stream().filter(FileImage.RegularFile.class::isInstance)
                .map(file -> ((FileImage.RegularFile) file).path()).toList();
        List<CgroupMembership> found = new ArrayList<>();
        for (MountInfo mount : now.mounts()) {
            Optional<String> common = paths.stream().filter(path -> now.mountOf(path).filter(mount::equals).isPresent())
                    .map(path -> path.substring(mount.mountPoint().length(), path.lastIndexOf('/'))).reduce(DumpedCgroups::commonDirectory);
            if (common.isPresent() && now.cgroupIn(mount).isPresent()) {
                found.add(new CgroupMembership(0, controllersOf(now, mount), common.get().isEmpty() ? "/" : common.get()));
            }
        }
        return found;
    }

    private static List<String> controllersOf(CgroupFiles.View now, MountInfo mount) {
        return now.memberships().stream().filter(membership -> CgroupFiles.sameHierarchy(membership, mount)).findFirst()
                .map(CgroupMembership::controllers).orElse(List.of());
    }

    private static String commonDirectory(String a, String b) {
        String shorter = a;
        while (!b.equals(shorter) && !CgroupFiles.isBelow(b, shorter)) {
            int slash = shorter.lastIndexOf('/');
            if (slash < 0) {
                return "";
            }
            shorter = shorter.substring(0, slash);
        }
        return shorter;
    }
}
