package dev.thaw.checkpoint;

import dev.thaw.image.ImageException;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.RemapImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The links that criu puts beside files which were deleted while they had another name ({@code --link-remap}): {@code link_remap.N} in the
 * directory of the file. A restore takes them away; those of an image that is never restored would stay, and the next dump of the same
 * application fails when it finds one in its way.
 */
final class LinkRemaps {
    private LinkRemaps() {}

    /** Removes the links of a generation that is about to go, except for those that others need. */
    static void remove(String generation, List<String> others) {
        Set<String> links = of(generation);
        if (!links.isEmpty()) {
            others.forEach(other -> links.removeAll(of(other)));
            links.forEach(LinkRemaps::unlink);
        }
    }

    private static Set<String> of(String generation) {
        Set<String> links = new HashSet<>();
        try {
            ImageSnapshot images = ImagesDirectory.read(generation);
            for (RemapImage remap : images.remaps()) {
                if (remap.kind() == RemapImage.Kind.LINKED) {
                    images.regularFile(remap.remapId()).map(file -> file.path()).filter(LinkRemaps::isOfCriu).ifPresent(links::add);
                }
            }
        } catch (ImageException unreadable) {
            return links; // then nobody knows of any
        }
        return links;
    }

    private static boolean isOfCriu(String path) {
        return path.startsWith("/") && path.substring(path.lastIndexOf('/') + 1).matches("link_remap\\.\\d+");
    }

    private static void unlink(String path) {
        try {
            FileCalls.unlink(path);
        } catch (LinuxException gone) {
            // restored since, or its directory is gone
        }
    }
}
