package dev.thaw.image;

/**
 * One line of a descriptor table.
 *
 * @param fd the number in the table
 * @param file what it refers to
 * @param closeOnExec FD_CLOEXEC
 */
public record DescriptorImage(int fd, FileId file, boolean closeOnExec) {
}
