package dev.thaw.plan;

import dev.thaw.image.CgroupImage;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
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
        List<CgroupMembership> memberships = recordedByCriu(image);
        if (memberships.isEmpty()) {
            return new CgroupFiles.View(inferred(now, image), now.mounts());
        }
        CgroupFiles.View recorded = new CgroupFiles.View(memberships, List.of());
        List<MountInfo> mounts = Search.mapped(now.mounts(), mount -> recorded.cgroupIn(mount).map(cgroup -> asOfThen(mount, CgroupPath.of(cgroup))).orElse(mount));
        return new CgroupFiles.View(memberships, mounts);
    }

    /** Without guesses: what thaw or criu wrote down. It has no mounts when thaw did not. */
    static CgroupFiles.View witnessed(ImageSnapshot image, Optional<CgroupFiles.View> manifest) {
        return manifest.orElseGet(() -> new CgroupFiles.View(recordedByCriu(image), List.of()));
    }

    private static List<CgroupMembership> recordedByCriu(ImageSnapshot image) {
        int set = image.root().cgroupSet().orElse(image.inventory().rootCgroupSet());
        List<CgroupMembership> memberships = new ArrayList<>();
        for (CgroupImage.Controller controller : image.cgroups().sets().getOrDefault(set, List.of())) {
            List<String> names = controller.name().isEmpty() ? List.of() : List.of(controller.name().split(","));
            memberships.add(new CgroupMembership(0, names, seenFromWithin(controller)));
        }
        return memberships;
    }

    /** As the process itself saw it, for the paths of its files are seen from there: the front part lies outside of its cgroup namespace. */
    private static String seenFromWithin(CgroupImage.Controller controller) {
        byte[] path = KernelString.encode(controller.path());
        int outside = Math.min(controller.cgnsPrefix(), path.length);
        String within = KernelString.decode(path, outside, path.length - outside);
        return within.startsWith("/") ? within : "/" + within;
    }

    /** A container's mount shows its own cgroup only: then that of the dumped container was its cgroup of the same depth. */
    private static MountInfo asOfThen(MountInfo mount, CgroupPath cgroup) {
        CgroupPath root = CgroupPath.of(mount.root());
        if (root.isAboveNamespace() || cgroup.below(root).isPresent()) {
            return mount;
        }
        return new MountInfo(mount.mountId(), mount.parentId(), mount.major(), mount.minor(), cgroup.first(root.depth()).text(),
                mount.mountPoint(), mount.options(), mount.fsType(), mount.source(), mount.superOptions());
    }

    /** The last witness, as criu records nothing when it ran in the same cgroups: the directory that all open files of a hierarchy share. */
    private static List<CgroupMembership> inferred(CgroupFiles.View now, ImageSnapshot image) {
        List<FileImage.RegularFile> files = image.files().values().stream().filter(FileImage.RegularFile.class::isInstance)
                .map(FileImage.RegularFile.class::cast).toList();
        List<CgroupMembership> found = new ArrayList<>();
        for (MountInfo mount : now.mounts()) {
            Optional<String> common = files.stream().filter(file -> now.mountOf(file.path()).filter(mount::equals).isPresent())
                    .map(file -> directory(file).substring(mount.mountPoint().length())).reduce(DumpedCgroups::commonDirectory);
            if (common.isPresent() && now.cgroupIn(mount).isPresent()) {
                found.add(new CgroupMembership(0, controllersOf(now, mount), CgroupPath.of(mount.root()).then(common.get()).text()));
            }
        }
        return found;
    }

    /** The cgroup that a file belongs to; an open directory is one itself. */
    private static String directory(FileImage.RegularFile file) {
        boolean directory = (file.mode().orElse(0) & 0170000) == 0040000 || (file.flags() & OpenFlags.O_DIRECTORY) != 0;
        return directory ? file.path() : file.path().substring(0, file.path().lastIndexOf('/'));
    }

    private static List<String> controllersOf(CgroupFiles.View now, MountInfo mount) {
        return Search.first(now.memberships(), membership -> CgroupFiles.sameHierarchy(membership, mount))
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
