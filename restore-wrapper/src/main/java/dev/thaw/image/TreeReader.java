package dev.thaw.image;

import dev.thaw.image.CgroupImage.Controller;
import dev.thaw.image.ImageException.Kind;
import dev.thaw.image.TtyInfo.WindowSize;
import dev.thaw.image.proto.CgMember;
import dev.thaw.image.proto.CgSet;
import dev.thaw.image.proto.CgroupEntry;
import dev.thaw.image.proto.FileLockEntry;
import dev.thaw.image.proto.InventoryEntry;
import dev.thaw.image.proto.MemfdInodeEntry;
import dev.thaw.image.proto.PluginsEntry;
import dev.thaw.image.proto.RemapEntry;
import dev.thaw.image.proto.TtyInfoEntry;
import dev.thaw.image.proto.Winsize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the small images that belong to the whole tree; all but the inventory may be missing. */
final class TreeReader {

    private static final int KNOWN_IMAGE_VERSION = 2;
    private static final int OLD_GHOST_BIT = 1 << 31;

    private TreeReader() {
    }

    static Inventory inventory(ImageFiles images) {
        String name = "inventory.img";
        Fields entry = images.frames(name, ImageMagic.INVENTORY).only();
        int version = entry.number(InventoryEntry.IMG_VERSION_FIELD_NUMBER);
        if (version != KNOWN_IMAGE_VERSION) {
            throw ImageException.of(Kind.UNSUPPORTED, name, "images of version " + Integer.toUnsignedString(version)
                + "; thaw reads version " + KNOWN_IMAGE_VERSION);
        }
        return new Inventory(version,
            entry.hasBytes(InventoryEntry.DUMP_CRIU_RUN_ID_FIELD_NUMBER)
                ? Optional.of(entry.text(InventoryEntry.DUMP_CRIU_RUN_ID_FIELD_NUMBER)) : Optional.empty(),
            entry.flag(InventoryEntry.TCP_CLOSE_FIELD_NUMBER), entry.number(InventoryEntry.NETWORK_LOCK_METHOD_FIELD_NUMBER, 0),
            entry.number(InventoryEntry.LSMTYPE_FIELD_NUMBER, 0),
            entry.hasNumber(InventoryEntry.DUMP_UPTIME_FIELD_NUMBER)
                ? OptionalLong.of(entry.wide(InventoryEntry.DUMP_UPTIME_FIELD_NUMBER)) : OptionalLong.empty(),
            entry.flag(InventoryEntry.ALLOW_UPROBES_FIELD_NUMBER), entry.number(InventoryEntry.ROOT_CG_SET_FIELD_NUMBER, 0),
            entry.part(InventoryEntry.PLUGINS_ENTRY_FIELD_NUMBER).texts(PluginsEntry.PLUGINS_FIELD_NUMBER),
            TaskReader.namespaceIds(entry.part(InventoryEntry.ROOT_IDS_FIELD_NUMBER)));
    }

    static Map<Integer, TtyInfo> ttys(ImageFiles images) {
        Map<Integer, TtyInfo> ttys = new LinkedHashMap<>();
        if (images.has("tty-info.img")) {
            ImageFrames frames = images.frames("tty-info.img", ImageMagic.TTY_INFO);
            while (frames.hasNext()) {
                TtyInfo tty = tty(frames.decode(frames.next(), TtyInfoEntry.parser()));
                ttys.put(tty.id(), tty);
            }
        }
        return ttys;
    }

    private static TtyInfo tty(TtyInfoEntry entry) {
        Winsize size = entry.getWinsize();
        return new TtyInfo(entry.getId(), entry.getType(), entry.getSid(), entry.getPgrp(), Integer.toUnsignedLong(entry.getRdev()),
            Integer.toUnsignedLong(entry.getDev()),
            entry.hasPty() ? entry.getPty().getIndex() : entry.getId() >>> 1,
            (entry.getId() & 1) != 0,
            entry.hasWinsize()
                ? Optional.of(new WindowSize(size.getWsRow(), size.getWsCol(), size.getWsXpixel(), size.getWsYpixel())) : Optional.empty(),
            entry.getUid(), entry.getGid(), entry.getLocked(), entry.getExclusive(), entry.getPacketMode());
    }

    static Map<Integer, MemfdInfo> memfds(ImageFiles images) {
        Map<Integer, MemfdInfo> memfds = new LinkedHashMap<>();
        if (images.has("memfd.img")) {
            ImageFrames frames = images.frames("memfd.img", ImageMagic.MEMFD_INODE);
            while (frames.hasNext()) {
                MemfdInodeEntry entry = frames.decode(frames.next(), MemfdInodeEntry.parser());
                int inodeId = (int) entry.getInodeId();
                memfds.put(inodeId, new MemfdInfo(inodeId, Text.of(entry.getName()), entry.getSize(), entry.getSeals(), entry.getMode(),
                    entry.getUid(), entry.getGid(), entry.getHugetlbFlag()));
            }
        }
        return memfds;
    }

    static List<RemapImage> remaps(ImageFiles images) {
        List<RemapImage> remaps = new ArrayList<>();
        if (images.has("remap-fpath.img")) {
            ImageFrames frames = images.frames("remap-fpath.img", ImageMagic.REMAP_FPATH);
            while (frames.hasNext()) {
                remaps.add(remap(frames.decode(frames.next(), RemapEntry.parser())));
            }
        }
        return remaps;
    }

    private static RemapImage remap(RemapEntry entry) {
        if (!entry.hasRemapType()) {
            boolean ghost = (entry.getRemapId() & OLD_GHOST_BIT) != 0;
            return new RemapImage(entry.getOrigId(), entry.getRemapId() & ~OLD_GHOST_BIT,
                ghost ? RemapImage.Kind.GHOST : RemapImage.Kind.LINKED);
        }
        return new RemapImage(entry.getOrigId(), entry.getRemapId(), switch (entry.getRemapType()) {
            case 0 -> RemapImage.Kind.LINKED;
            case 1 -> RemapImage.Kind.GHOST;
            case 2 -> RemapImage.Kind.PROCFS;
            default -> RemapImage.Kind.UNKNOWN;
        });
    }

    static List<FileLockImage> locks(ImageFiles images) {
        List<FileLockImage> locks = new ArrayList<>();
        if (images.has("filelocks.img")) {
            ImageFrames frames = images.frames("filelocks.img", ImageMagic.FILE_LOCKS);
            while (frames.hasNext()) {
                FileLockEntry entry = frames.decode(frames.next(), FileLockEntry.parser());
                locks.add(new FileLockImage(entry.getFlag(), entry.getType(), entry.getPid(), entry.getFd(), entry.getStart(),
                    entry.getLen()));
            }
        }
        return locks;
    }

    static CgroupImage cgroups(ImageFiles images) {
        if (!images.has("cgroup.img")) {
            return CgroupImage.NONE;
        }
        CgroupEntry entry = images.frames("cgroup.img", ImageMagic.CGROUP).only(CgroupEntry.parser());
        Map<Integer, List<Controller>> sets = new LinkedHashMap<>();
        for (CgSet set : entry.getSetsList()) {
            List<Controller> controllers = new ArrayList<>(set.getCtlsCount());
            for (CgMember member : set.getCtlsList()) {
                controllers.add(new Controller(Text.of(member.getName()), Text.of(member.getPath()), member.getCgnsPrefix()));
            }
            sets.put(set.getId(), List.copyOf(controllers));
        }
        return new CgroupImage(sets);
    }
}
