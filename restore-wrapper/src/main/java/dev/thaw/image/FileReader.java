package dev.thaw.image;

import dev.thaw.image.FileImage.Fifo;
import dev.thaw.image.FileImage.Memfd;
import dev.thaw.image.FileImage.PipeEnd;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileImage.Tty;
import dev.thaw.image.FileImage.Unknown;
import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.Fown;
import dev.thaw.image.proto.MemfdFileEntry;
import dev.thaw.image.proto.PipeEntry;
import dev.thaw.image.proto.RegEntry;
import dev.thaw.image.proto.TtyFileEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads files.img. */
final class FileReader {

    static final String FILES = "files.img";

    private final ImageFiles images;
    private final Map<Integer, RemapImage.Kind> remaps = new HashMap<>();
    private final Map<FileId, FileImage> files = new LinkedHashMap<>();

    FileReader(ImageFiles images, List<RemapImage> remaps) {
        this.images = images;
        for (RemapImage remap : remaps) {
            this.remaps.put(remap.fileId(), remap.kind());
        }
    }

    private record Postponed(Frame frame, FileId id, FileEntry entry) {
    }

    Map<FileId, FileImage> files() {
        ImageFrames frames = images.frames(FILES, ImageMagic.FILES);
        // The entry with the path of a FIFO may come behind it.
        List<Postponed> fifos = new ArrayList<>();
        while (frames.hasNext()) {
            Frame frame = frames.next();
            FileEntry entry = frames.decode(frame, FileEntry.parser());
            FileId id = new FileId(FdType.of(entry.getType()), entry.getId());
            if (id.type() == FdType.FIFO) {
                fifos.add(new Postponed(frame, id, entry));
            } else {
                add(frames, frame, file(frames, frame, id, entry));
            }
        }
        for (Postponed fifo : fifos) {
            add(frames, fifo.frame(), fifo(frames, fifo));
        }
        return files;
    }

    private void add(ImageFrames frames, Frame frame, FileImage file) {
        if (files.put(file.id(), file) != null) {
            throw frames.corrupt(frame, file.id() + " is there twice");
        }
    }

    private FileImage file(ImageFrames frames, Frame frame, FileId id, FileEntry entry) {
        boolean complete = switch (id.type()) {
            case REGULAR -> entry.hasReg();
            case PIPE -> entry.hasPipe();
            case TTY -> entry.hasTty();
            case MEMFD -> entry.hasMemfd();
            case UNIX_SOCKET -> entry.hasUsk();
            case INET_SOCKET -> entry.hasIsk();
            case EVENTPOLL -> entry.hasEpfd();
            default -> true;
        };
        if (!complete) {
            throw frames.corrupt(frame, id + " is without its " + id.type() + " part");
        }
        return switch (id.type()) {
            case REGULAR -> regular(id, entry.getReg());
            case PIPE -> pipe(id, entry.getPipe());
            case TTY -> tty(id, entry.getTty());
            case MEMFD -> memfd(id, entry.getMemfd());
            case UNIX_SOCKET -> SocketReader.unix(id, entry.getUsk());
            case INET_SOCKET -> SocketReader.inet(id, entry.getIsk());
            case EVENTPOLL -> OtherReader.eventpoll(id, entry.getEpfd());
            case UNKNOWN -> new Unknown(id, entry.getType());
            default -> OtherReader.other(id, entry);
        };
    }

    private FileImage fifo(ImageFrames frames, Postponed fifo) {
        if (!fifo.entry().hasFifo()) {
            throw frames.corrupt(fifo.frame(), fifo.id() + " is without its FIFO part");
        }
        FileId pathId = new FileId(FdType.REGULAR, fifo.entry().getFifo().getRegfId());
        if (!(files.get(pathId) instanceof RegularFile file)) {
            throw frames.corrupt(fifo.frame(), fifo.id() + " refers to " + pathId + ", which is not in " + FILES);
        }
        return new Fifo(fifo.id(), Integer.toUnsignedLong(fifo.entry().getFifo().getPipeId()), file);
    }

    private RegularFile regular(FileId id, RegEntry reg) {
        return new RegularFile(id, reg.getFlags(), reg.getPos(), owner(reg.getFown()), Text.of(reg.getName()), reg.getMntId(),
            reg.hasSize() ? OptionalLong.of(reg.getSize()) : OptionalLong.empty(),
            reg.getExt(),
            reg.hasMode() ? OptionalInt.of(reg.getMode()) : OptionalInt.empty(),
            reg.getBuildIdCount() > 0 ? Optional.of(Text.hex(reg.getBuildIdList())) : Optional.empty(),
            Optional.ofNullable(remaps.get(id.id())));
    }

    private static PipeEnd pipe(FileId id, PipeEntry pipe) {
        return new PipeEnd(id, Integer.toUnsignedLong(pipe.getPipeId()), pipe.getFlags(), owner(pipe.getFown()));
    }

    private static Tty tty(FileId id, TtyFileEntry tty) {
        return new Tty(id, tty.getTtyInfoId(), tty.getFlags(), owner(tty.getFown()),
            tty.hasRegfId() ? OptionalInt.of(tty.getRegfId()) : OptionalInt.empty());
    }

    private static Memfd memfd(FileId id, MemfdFileEntry memfd) {
        return new Memfd(id, memfd.getFlags(), memfd.getPos(), memfd.getInodeId(), owner(memfd.getFown()));
    }

    static Owner owner(Fown fown) {
        if (fown.getPid() == 0 && fown.getSignum() == 0 && fown.getUid() == 0 && fown.getEuid() == 0 && fown.getPidType() == 0) {
            return Owner.NONE;
        }
        return new Owner(fown.getUid(), fown.getEuid(), fown.getSignum(), fown.getPidType(), fown.getPid());
    }
}
