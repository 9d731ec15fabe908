package dev.thaw.image;

/**
 * One memory file, apart from the descriptions that are open on it (images/memfd.proto, memfd_inode_entry).
 *
 * @param name as given to memfd_create, without the prefix and suffix of /proc
 * @param size bytes
 * @param seals F_SEAL_...
 * @param mode permissions, 0 when not recorded
 */
public record MemfdInfo(int inodeId, String name, long size, int seals, int mode, int uid, int gid, int hugetlbFlag) {
}
