package dev.thaw.image;

import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.FdinfoEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Reads fdinfo-N.img. */
final class TableReader {

    static final int FD_CLOEXEC = 1;

    private TableReader() {
    }

    /** In ascending order, each number once, each referring to a file that is there. */
    static List<DescriptorImage> table(ImageFiles images, int filesId, Map<FileId, FileImage> files) {
        String name = "fdinfo-" + Integer.toUnsignedString(filesId) + ".img";
        if (!images.has(name)) {
            // criu writes none for a process that had closed everything.
            return List.of();
        }
        ImageFrames frames = images.frames(name, ImageMagic.FDINFO);
        List<DescriptorImage> table = new ArrayList<>();
        boolean ascending = true;
        while (frames.hasNext()) {
            Frame frame = frames.next();
            DescriptorImage descriptor = descriptor(frames, frame);
            if (!files.containsKey(descriptor.file())) {
                throw frames.corrupt(frame,
                    "descriptor " + descriptor.fd() + " refers to " + descriptor.file() + ", which is not in " + FileReader.FILES);
            }
            ascending &= table.isEmpty() || table.get(table.size() - 1).fd() < descriptor.fd();
            table.add(descriptor);
        }
        if (!ascending) {
            table.sort(Comparator.comparingInt(DescriptorImage::fd));
            for (int i = 1; i < table.size(); i++) {
                if (table.get(i - 1).fd() == table.get(i).fd()) {
                    throw ImageException.corrupt(frames.file(), "descriptor " + table.get(i).fd() + " is there twice");
                }
            }
        }
        return List.copyOf(table);
    }

    static DescriptorImage descriptor(ImageFrames frames, Frame frame) {
        Fields entry = frames.fields(frame);
        int fd = entry.number(FdinfoEntry.FD_FIELD_NUMBER);
        if (fd < 0) {
            throw frames.corrupt(frame, Integer.toUnsignedString(fd) + " is no descriptor number");
        }
        FileId file = new FileId(FdType.of(entry.number(FdinfoEntry.TYPE_FIELD_NUMBER)), entry.number(FdinfoEntry.ID_FIELD_NUMBER));
        return new DescriptorImage(fd, file, (entry.number(FdinfoEntry.FLAGS_FIELD_NUMBER) & FD_CLOEXEC) != 0);
    }
}
