package dev.thaw.supervise;

/**
 * The process that thaw runs for.
 *
 * @param pid our child, started or restored
 */
public record SupervisedProcess(int pid) {}
