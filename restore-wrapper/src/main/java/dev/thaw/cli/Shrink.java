package dev.thaw.cli;

/** Values of {@code --shrink}. */
enum Shrink { JVM }
