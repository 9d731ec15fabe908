package dev.thaw.image;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Changes to one fdinfo image, which tasks that share their descriptors have in common.
 *
 * @param retargeted descriptors that are there, with the file they refer to from now on; FD_CLOEXEC stays
 * @param added descriptors that are not there
 */
public record TableEdits(Map<Integer, FileId> retargeted, Map<Integer, DescriptorImage> added) {

    public static final TableEdits NONE = new TableEdits(Map.of(), Map.of());

    public TableEdits {
        retargeted = Collections.unmodifiableMap(new TreeMap<>(retargeted));
        added = Collections.unmodifiableMap(new TreeMap<>(added));
        for (Map.Entry<Integer, DescriptorImage> entry : added.entrySet()) {
            if (entry.getKey() < 0 || entry.getKey() != entry.getValue().fd()) {
                throw new IllegalArgumentException("descriptor " + entry.getValue().fd() + " is added as " + entry.getKey());
            }
        }
    }

    public boolean isEmpty() {
        return retargeted.isEmpty() && added.isEmpty();
    }
}
