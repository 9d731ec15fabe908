/** Starts a command and stays with it: {@code thaw run}. */
package dev.thaw.run;
