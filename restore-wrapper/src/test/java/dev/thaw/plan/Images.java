package dev.thaw.plan;

import dev.thaw.image.CgroupImage;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Inventory;
import dev.thaw.image.NamespaceImage;
import dev.thaw.image.TtyInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Images that differ from one another in a part that {@link dev.thaw.image.ImageBuilder} does not vary. */
final class Images {
    private Images() {}

    static ImageSnapshot with(ImageSnapshot image, CgroupImage cgroups) {
        return copy(image, image.inventory(), image.files(), cgroups, image.namespaces());
    }

    /** The entry takes the place of the one with its id. */
    static ImageSnapshot with(ImageSnapshot image, FileImage file) {
        Map<FileId, FileImage> files = new LinkedHashMap<>(image.files());
        files.put(file.id(), file);
        return copy(image, image.inventory(), files, image.cgroups(), image.namespaces());
    }

    /** {@code externalTty} becomes /dev/tty of a session. */
    static ImageSnapshot withControllingTerminal(ImageSnapshot image, int infoId, int session) {
        TtyInfo old = image.ttys().get(infoId);
        Map<Integer, TtyInfo> ttys = new LinkedHashMap<>(image.ttys());
        ttys.put(infoId, new TtyInfo(infoId, TtyInfo.CTTY, session, session, old.rdev(), old.device(), old.index(), false, old.windowSize(), 0, 0,
                false, false, false));
        return new ImageSnapshot(image.directory(), image.inventory(), image.tasks(), image.files(), image.tables(), ttys, image.memfds(),
                image.pipeData(), image.fifoData(), image.mounts(), image.cgroups(), image.remaps(), image.locks(), image.namespaces(),
                image.imageFiles(), image.totalBytes(), image.queuedSocketIds(), image.filesInFlight(), image.index());
    }

    static ImageSnapshot with(ImageSnapshot image, List<NamespaceImage> namespaces) {
        return copy(image, image.inventory(), image.files(), image.cgroups(), namespaces);
    }

    static ImageSnapshot withUprobesAllowed(ImageSnapshot image) {
        Inventory old = image.inventory();
        Inventory inventory = new Inventory(old.imageVersion(), old.runId(), old.tcpClose(), old.networkLock(), old.lsmType(), old.dumpUptime(),
                true, old.rootCgroupSet(), old.plugins(), old.rootIds());
        return copy(image, inventory, image.files(), image.cgroups(), image.namespaces());
    }

    private static ImageSnapshot copy(ImageSnapshot image, Inventory inventory, Map<FileId, FileImage> files, CgroupImage cgroups,
            List<NamespaceImage> namespaces) {
        return new ImageSnapshot(image.directory(), inventory, image.tasks(), files, image.tables(), image.ttys(), image.memfds(),
                image.pipeData(), image.fifoData(), image.mounts(), cgroups, image.remaps(), image.locks(), namespaces, image.imageFiles(),
                image.totalBytes(), image.queuedSocketIds(), image.filesInFlight(), image.index());
    }
}
