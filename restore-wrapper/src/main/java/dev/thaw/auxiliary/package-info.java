/** Starts a process beside an application that runs: {@code thaw exec}. */
package dev.thaw.auxiliary;
