package dev.thaw.image;

/** The number that says what a file holds (criu/include/magic.h); little-endian at byte 4, in inventory.img at byte 0. */
enum ImageMagic {
    INVENTORY(0x58313116),
    PSTREE(0x50273030),
    CORE(0x55053847),
    IDS(0x54432030),
    MM(0x57492820),
    FS(0x51403912),
    FDINFO(0x56213732),
    FILES(0x56303138),
    TTY_INFO(0x59453036),
    MEMFD_INODE(0x48453499),
    PIPES_DATA(0x56453709),
    FIFO_DATA(0x59333054),
    SK_QUEUES(0x56264026),
    REMAP_FPATH(0x59133954),
    FILE_LOCKS(0x54323616),
    CGROUP(0x59383330),
    MOUNTS(0x55563928),
    NETNS(0x55933752),
    PIDNS(0x61157326),
    TIMENS(0x43114433),
    PAGEMAP(0x56084025),
    STATS(0x57093306);

    /** Before the magic of every image but the inventory. */
    static final int COMMON = 0x54564319;

    /** The same for the files that criu's restore does not need, such as stats-dump. */
    static final int SERVICE = 0x55105940;

    private final int number;

    ImageMagic(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** What the file starts with when it is not the type's own number. */
    int prefix() {
        return this == STATS ? SERVICE : COMMON;
    }

    /** 4 for the inventory, 8 for all others. */
    int headerBytes() {
        return this == INVENTORY ? 4 : 8;
    }
}
