package dev.thaw.launcher;

import dev.thaw.linux.TerminalCalls.PseudoTerminal;
import java.util.Optional;

/**
 * A child that runs.
 *
 * @param pid ours to reap
 * @param record what it was started with
 * @param terminal our side of its pseudo-terminal, if it has one; the holder of this value owns it
 */
public record LaunchedProcess(int pid, LaunchRecord record, Optional<PseudoTerminal> terminal) {}
