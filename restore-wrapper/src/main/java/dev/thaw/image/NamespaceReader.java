package dev.thaw.image;

import dev.thaw.image.proto.MntEntry;
import dev.thaw.image.proto.NetnsEntry;
import dev.thaw.image.proto.PidnsEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the images of namespaces, whose names end in criu's number for the namespace. */
final class NamespaceReader {

    private NamespaceReader() {
    }

    static List<NamespaceImage> namespaces(ImageFiles images) {
        List<NamespaceImage> namespaces = new ArrayList<>();
        for (String name : images.names()) {
            for (NamespaceImage.Kind kind : NamespaceImage.Kind.values()) {
                OptionalInt id = number(name, kind);
                if (id.isPresent()) {
                    namespaces.add(new NamespaceImage(kind, id.getAsInt(), externalKey(images, name, kind)));
                }
            }
        }
        return namespaces;
    }

    private static Optional<String> externalKey(ImageFiles images, String name, NamespaceImage.Kind kind) {
        return switch (kind) {
            case NET -> key(images.frames(name, ImageMagic.NETNS).only(), NetnsEntry.EXT_KEY_FIELD_NUMBER);
            case PID -> key(images.frames(name, ImageMagic.PIDNS).only(), PidnsEntry.EXT_KEY_FIELD_NUMBER);
            default -> Optional.empty();
        };
    }

    private static Optional<String> key(Fields entry, int field) {
        String key = entry.hasBytes(field) ? entry.text(field) : "";
        return key.isEmpty() ? Optional.empty() : Optional.of(key);
    }

    static List<MountImage> mounts(ImageFiles images) {
        List<MountImage> mounts = new ArrayList<>();
        for (String name : images.names()) {
            OptionalInt nsId = number(name, NamespaceImage.Kind.MOUNT);
            if (nsId.isPresent()) {
                ImageFrames frames = images.frames(name, ImageMagic.MOUNTS);
                while (frames.hasNext()) {
                    mounts.add(mount(frames.decode(frames.next(), MntEntry.parser()), nsId.getAsInt()));
                }
            }
        }
        return mounts;
    }

    private static MountImage mount(MntEntry entry, int nsId) {
        return new MountImage(entry.getMntId(), entry.getParentMntId(), entry.getFstype(), Text.of(entry.getRoot()),
            Text.of(entry.getMountpoint()), Text.of(entry.getSource()),
            entry.hasExtKey() ? Optional.of(Text.of(entry.getExtKey())) : Optional.empty(), nsId);
    }

    /** The N of {@code prefixN.img}. */
    private static OptionalInt number(String name, NamespaceImage.Kind kind) {
        if (!name.startsWith(kind.prefix())) {
            return OptionalInt.empty();
        }
        String digits = name.substring(kind.prefix().length(), name.length() - ".img".length());
        try {
            return OptionalInt.of(Integer.parseUnsignedInt(digits));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
