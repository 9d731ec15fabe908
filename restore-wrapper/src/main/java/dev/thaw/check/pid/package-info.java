/** {@code thaw check pid}: a living tree, before anything is frozen. */
package dev.thaw.check.pid;
