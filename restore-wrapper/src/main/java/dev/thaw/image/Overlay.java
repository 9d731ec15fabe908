package dev.thaw.image;

import com.google.protobuf.ByteString;
import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.FdinfoEntry;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.Fown;
import dev.thaw.image.proto.RegEntry;
import dev.thaw.image.proto.RemapEntry;
import dev.thaw.image.proto.TtyInfoEntry;
import dev.thaw.linux.KernelString;
import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Rewrites the images that a directory of links replaces. Entries that do not change are copied byte for byte, and of the others each field
 * that thaw does not know is kept.
 *
 * <p>An edit of something that is not in the image is an {@link ImageException}: the image is not the one that was planned with.
 */
public final class Overlay {

    private static final int USK_CALLBACK = 4;

    private Overlay() {
    }

    /** @param filesImg content of files.img */
    public static byte[] rewriteFiles(byte[] filesImg, FileEdits edits) {
        ImageFrames frames = new ImageFrames(FileReader.FILES, filesImg, ImageMagic.FILES);
        ByteArrayOutputStream out = new ByteArrayOutputStream(filesImg.length + 64 * edits.added().size());
        frames.copy(0, frames.position(), out);
        Set<FileId> seen = new HashSet<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            FileEntry entry = frames.decode(frame, FileEntry.parser());
            FileId id = new FileId(FdType.of(entry.getType()), entry.getId());
            seen.add(id);
            if (edits.callbackSockets().contains(id)) {
                ImageFrames.putEntry(out, asCallback(frames, frame, entry).toByteArray());
            } else if (!edits.dropped().contains(id)) {
                frames.copy(frame.start(), frame.end(), out);
            }
        }
        requireAll(FileReader.FILES, seen, edits.dropped());
        requireAll(FileReader.FILES, seen, edits.callbackSockets());
        for (FileEdits.Added added : edits.added()) {
            if (!seen.add(added.fileId())) {
                throw ImageException.corrupt(FileReader.FILES, added.fileId() + " is there already");
            }
            ImageFrames.putEntry(out, regular(added).toByteArray());
        }
        return out.toByteArray();
    }

    private static FileEntry asCallback(ImageFrames frames, Frame frame, FileEntry entry) {
        if (!entry.hasUsk()) {
            throw frames.corrupt(frame, "not a unix socket");
        }
        return entry.toBuilder().setUsk(entry.getUsk().toBuilder().setUflags(entry.getUsk().getUflags() | USK_CALLBACK)).build();
    }

    private static FileEntry regular(FileEdits.Added added) {
        Fown nobody = Fown.newBuilder().setUid(0).setEuid(0).setSignum(0).setPidType(0).setPid(0).build();
        return FileEntry.newBuilder().setType(FdType.REGULAR.number()).setId(added.id())
            .setReg(RegEntry.newBuilder().setId(added.id()).setFlags(added.flags()).setPos(0).setFown(nobody)
                .setName(ByteString.copyFrom(KernelString.encode(added.path()))))
            .build();
    }

    /**
     * @param name of the file, for messages: {@code fdinfo-2.img}
     * @param fdinfoImg its content
     */
    public static byte[] rewriteFdinfo(String name, byte[] fdinfoImg, TableEdits edits) {
        ImageFrames frames = new ImageFrames(name, fdinfoImg, ImageMagic.FDINFO);
        ByteArrayOutputStream out = new ByteArrayOutputStream(fdinfoImg.length + 16 * edits.added().size());
        frames.copy(0, frames.position(), out);
        Map<Integer, DescriptorImage> toAdd = new TreeMap<>(edits.added());
        Set<Integer> seen = new HashSet<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            FdinfoEntry entry = frames.decode(frame, FdinfoEntry.parser());
            // criu's own order is ascending; an added descriptor keeps it.
            addBelow(entry.getFd(), toAdd, out);
            seen.add(entry.getFd());
            FileId target = edits.retargeted().get(entry.getFd());
            if (target == null) {
                frames.copy(frame.start(), frame.end(), out);
            } else {
                ImageFrames.putEntry(out, entry.toBuilder().setId(target.id()).setType(target.type().number()).build().toByteArray());
            }
        }
        addBelow(Integer.MAX_VALUE, toAdd, out);
        requireAll(name, seen, edits.retargeted().keySet());
        for (int fd : edits.added().keySet()) {
            if (seen.contains(fd)) {
                throw ImageException.corrupt(name, "descriptor " + fd + " is there already");
            }
        }
        return out.toByteArray();
    }

    /** A table without descriptors, to add to: criu writes no fdinfo image for a process that had closed everything. */
    public static byte[] emptyFdinfo() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(ImageMagic.FDINFO.headerBytes());
        ImageFrames.putHeader(out, ImageMagic.FDINFO);
        return out.toByteArray();
    }

    private static void addBelow(int fd, Map<Integer, DescriptorImage> toAdd, ByteArrayOutputStream out) {
        for (Iterator<DescriptorImage> each = toAdd.values().iterator(); each.hasNext(); ) {
            DescriptorImage added = each.next();
            if (added.fd() >= fd) {
                return;
            }
            ImageFrames.putEntry(out, FdinfoEntry.newBuilder().setId(added.file().id()).setType(added.file().type().number())
                .setFlags(added.closeOnExec() ? TableReader.FD_CLOEXEC : 0).setFd(added.fd()).build().toByteArray());
            each.remove();
        }
    }

    /**
     * Leaves out terminals that no file refers to any more: criu looks for the other end of each pty it finds here.
     *
     * @param ttyInfoImg content of tty-info.img
     * @param dropped {@link TtyInfo#id()}
     */
    public static byte[] rewriteTtyInfo(byte[] ttyInfoImg, Set<Integer> dropped) {
        String name = "tty-info.img";
        ImageFrames frames = new ImageFrames(name, ttyInfoImg, ImageMagic.TTY_INFO);
        ByteArrayOutputStream out = new ByteArrayOutputStream(ttyInfoImg.length);
        frames.copy(0, frames.position(), out);
        Set<Integer> seen = new HashSet<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            int id = frames.decode(frame, TtyInfoEntry.parser()).getId();
            seen.add(id);
            if (!dropped.contains(id)) {
                frames.copy(frame.start(), frame.end(), out);
            }
        }
        requireAll(name, seen, dropped);
        return out.toByteArray();
    }

    /**
     * Leaves out what criu would do for files that are handed over: it takes the link that the dump made away, and fails when that is gone.
     *
     * @param remapImg content of remap-fpath.img
     * @param dropped {@link RemapImage#fileId()}
     */
    public static byte[] rewriteRemaps(byte[] remapImg, Set<Integer> dropped) {
        String name = "remap-fpath.img";
        ImageFrames frames = new ImageFrames(name, remapImg, ImageMagic.REMAP_FPATH);
        ByteArrayOutputStream out = new ByteArrayOutputStream(remapImg.length);
        frames.copy(0, frames.position(), out);
        Set<Integer> seen = new HashSet<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            int id = frames.decode(frame, RemapEntry.parser()).getOrigId();
            seen.add(id);
            if (!dropped.contains(id)) {
                frames.copy(frame.start(), frame.end(), out);
            }
        }
        requireAll(name, seen, dropped);
        return out.toByteArray();
    }

    private static <T> void requireAll(String name, Set<T> seen, Set<T> edited) {
        for (T each : edited) {
            if (!seen.contains(each)) {
                throw ImageException.corrupt(name, each + " is not there");
            }
        }
    }
}
