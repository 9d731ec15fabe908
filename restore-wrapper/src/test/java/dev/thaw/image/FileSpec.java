package dev.thaw.image;

import dev.thaw.image.proto.EventfdEntry;
import dev.thaw.image.proto.EventpollEntry;
import dev.thaw.image.proto.EventpollTarget;
import dev.thaw.image.proto.FifoEntry;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.Fown;
import dev.thaw.image.proto.MemfdFileEntry;
import dev.thaw.image.proto.PipeEntry;
import dev.thaw.image.proto.RegEntry;
import dev.thaw.image.proto.TtyFileEntry;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** One file entry of an {@link ImageBuilder}; what does not belong to its kind throws. */
public class FileSpec {

    static final Fown NOBODY = Fown.newBuilder().setUid(0).setEuid(0).setSignum(0).setPidType(0).setPid(0).build();

    final FileEntry.Builder entry;

    FileSpec(FileEntry.Builder entry) {
        this.entry = entry;
    }

    static FileSpec regular(int id, String path) {
        return of(FdType.REGULAR, id, entry -> entry.setReg(RegEntry.newBuilder().setId(id).setFlags(0100000).setPos(0).setFown(NOBODY)
            .setName(ImageEncoding.bytes(path))));
    }

    static FileSpec pipe(int id, long pipeId) {
        return of(FdType.PIPE, id, entry -> entry.setPipe(PipeEntry.newBuilder().setId(id).setPipeId((int) pipeId).setFlags(0)
            .setFown(NOBODY)));
    }

    static FileSpec fifo(int id, long pipeId, int regularId) {
        return of(FdType.FIFO, id, entry -> entry.setFifo(FifoEntry.newBuilder().setId(id).setPipeId((int) pipeId).setRegfId(regularId)));
    }

    static FileSpec tty(int id, int infoId, int regularId) {
        TtyFileEntry.Builder tty = TtyFileEntry.newBuilder().setId(id).setTtyInfoId(infoId).setFlags(2).setFown(NOBODY);
        return of(FdType.TTY, id, entry -> entry.setTty(regularId < 0 ? tty : tty.setRegfId(regularId)));
    }

    static FileSpec memfd(int id, int inodeId) {
        return of(FdType.MEMFD, id, entry -> entry.setMemfd(MemfdFileEntry.newBuilder().setId(id).setFlags(2).setPos(0).setFown(NOBODY)
            .setInodeId(inodeId)));
    }

    static FileSpec eventfd(int id, long counter) {
        return of(FdType.EVENTFD, id, entry -> entry.setEfd(EventfdEntry.newBuilder().setFlags(2).setFown(NOBODY).setCounter(counter)));
    }

    static FileSpec eventpoll(int id, int watchedFd) {
        return of(FdType.EVENTPOLL, id, entry -> entry.setEpfd(EventpollEntry.newBuilder().setFlags(2).setFown(NOBODY)
            .addTfd(EventpollTarget.newBuilder().setTfd(watchedFd).setEvents(1).setData(watchedFd))));
    }

    private static FileSpec of(FdType type, int id, Consumer<FileEntry.Builder> part) {
        FileEntry.Builder entry = FileEntry.newBuilder().setType(type.number()).setId(id);
        part.accept(entry);
        return new FileSpec(entry);
    }

    public FileId id() {
        return new FileId(FdType.of(entry.getType()), entry.getId());
    }

    int rawType() {
        return entry.getType();
    }

    /** Open flags, without O_CLOEXEC. */
    public FileSpec flags(int flags) {
        switch (id().type()) {
            case REGULAR -> regular(reg -> reg.setFlags(flags));
            case PIPE -> entry.setPipe(entry.getPipe().toBuilder().setFlags(flags));
            case TTY -> entry.setTty(entry.getTty().toBuilder().setFlags(flags));
            case MEMFD -> entry.setMemfd(entry.getMemfd().toBuilder().setFlags(flags));
            case UNIX_SOCKET -> entry.setUsk(entry.getUsk().toBuilder().setFlags(flags));
            case INET_SOCKET -> entry.setIsk(entry.getIsk().toBuilder().setFlags(flags));
            default -> throw new UnsupportedOperationException(id().toString());
        }
        return this;
    }

    public FileSpec position(long bytes) {
        if (entry.hasMemfd()) {
            entry.setMemfd(entry.getMemfd().toBuilder().setPos(bytes));
            return this;
        }
        return regular(reg -> reg.setPos(bytes));
    }

    /** Bytes that restore compares. */
    public FileSpec size(long bytes) {
        return regular(reg -> reg.setSize(bytes));
    }

    /** Type and permissions that restore compares. */
    public FileSpec mode(int mode) {
        return regular(reg -> reg.setMode(mode));
    }

    /** As {@code --external file[..]} gives it; the path then is the key. */
    public FileSpec external() {
        return regular(reg -> reg.setExt(true));
    }

    public FileSpec mountId(int mountId) {
        return regular(reg -> reg.setMntId(mountId));
    }

    public FileSpec buildId(Integer... words) {
        return regular(reg -> reg.addAllBuildId(List.of(words)));
    }

    /** Who gets SIGIO; a thread group. */
    public FileSpec owner(int pid, int signal) {
        Fown owner = NOBODY.toBuilder().setPid(pid).setPidType(1).setSignum(signal).build();
        if (entry.hasPipe()) {
            entry.setPipe(entry.getPipe().toBuilder().setFown(owner));
            return this;
        }
        return regular(reg -> reg.setFown(owner));
    }

    private FileSpec regular(UnaryOperator<RegEntry.Builder> edit) {
        if (!entry.hasReg()) {
            throw new UnsupportedOperationException(id().toString());
        }
        entry.setReg(edit.apply(entry.getReg().toBuilder()));
        return this;
    }
}
