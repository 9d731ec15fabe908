package dev.thaw.cli;

/** Marks a command whose words after the options are another program's: {@code thaw run sleep --help} is no call for thaw's help. */
public interface TakesCommand {}
