package dev.thaw.image;

/** One descriptor of one process; tasks that share a table have one each. */
public record DescriptorRef(int pid, int fd) {
}
