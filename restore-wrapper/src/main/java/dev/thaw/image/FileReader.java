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
            Fields entry = frames.fields(frame);
            FileId id = new FileId(FdType.of(entry.number(FileEntry.TYPE_FIELD_NUMBER)), entry.number(FileEntry.ID_FIELD_NUMBER));
            if (id.type() == FdType.FIFO) {
                fifos.add(new Postponed(frame, id, frames.decode(frame, FileEntry.parser())));
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

    private FileImage file(ImageFrames frames, Frame frame, FileId id, Fields entry) {
        return switch (id.type()) {
            case REGULAR -> regular(id, part(frames, frame, id, entry, FileEntry.REG_FIELD_NUMBER));
            case PIPE -> pipe(id, part(frames, frame, id, entry, FileEntry.PIPE_FIELD_NUMBER));
            default -> rare(frames, frame, id, frames.decode(frame, FileEntry.parser()));
        };
    }

    private static Fields part(ImageFrames frames, Frame frame, FileId id, Fields entry, int field) {
        if (!entry.hasBytes(field)) {
            throw incomplete(frames, frame, id);
        }
        return entry.part(field);
    }

    private static ImageException incomplete(ImageFrames frames, Frame frame, FileId id) {
        return frames.corrupt(frame, id + " is without its " + id.type() + " part");
    }

    private FileImage rare(ImageFrames frames, Frame frame, FileId id, FileEntry entry) {
        boolean complete = switch (id.type()) {
            case TTY -> entry.hasTty();
            case MEMFD -> entry.hasMemfd();
            case UNIX_SOCKET -> entry.hasUsk();
            case INET_SOCKET -> entry.hasIsk();
            case EVENTPOLL -> entry.hasEpfd();
            default -> true;
        };
        if (!complete) {
            throw incomplete(frames, frame, id);
        }
        return switch (id.type()) {
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

    private RegularFile regular(FileId id, Fields reg) {
        List<Integer> buildId = reg.numbers(RegEntry.BUILD_ID_FIELD_NUMBER);
        return new RegularFile(id, reg.number(RegEntry.FLAGS_FIELD_NUMBER), reg.wide(RegEntry.POS_FIELD_NUMBER),
            owner(reg.part(RegEntry.FOWN_FIELD_NUMBER)), reg.text(RegEntry.NAME_FIELD_NUMBER), reg.signed(RegEntry.MNT_ID_FIELD_NUMBER, -1),
            reg.hasNumber(RegEntry.SIZE_FIELD_NUMBER) ? OptionalLong.of(reg.wide(RegEntry.SIZE_FIELD_NUMBER)) : OptionalLong.empty(),
            reg.flag(RegEntry.EXT_FIELD_NUMBER),
            reg.hasNumber(RegEntry.MODE_FIELD_NUMBER) ? OptionalInt.of(reg.number(RegEntry.MODE_FIELD_NUMBER)) : OptionalInt.empty(),
            buildId.isEmpty() ? Optional.empty() : Optional.of(Text.hex(buildId)),
            Optional.ofNullable(remaps.get(id.id())));
    }

    private static PipeEnd pipe(FileId id, Fields pipe) {
        return new PipeEnd(id, Integer.toUnsignedLong(pipe.number(PipeEntry.PIPE_ID_FIELD_NUMBER)), pipe.number(PipeEntry.FLAGS_FIELD_NUMBER),
            owner(pipe.part(PipeEntry.FOWN_FIELD_NUMBER)));
    }

    private static Tty tty(FileId id, TtyFileEntry tty) {
        return new Tty(id, tty.getTtyInfoId(), tty.getFlags(), owner(tty.getFown()),
            tty.hasRegfId() ? OptionalInt.of(tty.getRegfId()) : OptionalInt.empty());
    }

    private static Memfd memfd(FileId id, MemfdFileEntry memfd) {
        return new Memfd(id, memfd.getFlags(), memfd.getPos(), memfd.getInodeId(), owner(memfd.getFown()));
    }

    static Owner owner(Fown fown) {
        return owner(fown.getUid(), fown.getEuid(), fown.getSignum(), fown.getPidType(), fown.getPid());
    }

    private static Owner owner(Fields fown) {
        return owner(fown.number(Fown.UID_FIELD_NUMBER), fown.number(Fown.EUID_FIELD_NUMBER), fown.number(Fown.SIGNUM_FIELD_NUMBER),
            fown.number(Fown.PID_TYPE_FIELD_NUMBER), fown.number(Fown.PID_FIELD_NUMBER));
    }

    private static Owner owner(int uid, int euid, int signal, int pidType, int pid) {
        return pid == 0 && signal == 0 && uid == 0 && euid == 0 && pidType == 0 ? Owner.NONE : new Owner(uid, euid, signal, pidType, pid);
    }
}
