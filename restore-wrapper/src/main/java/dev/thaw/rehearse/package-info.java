/**
 * A restore tried beforehand: start, checkpoint, change the world, restore, compare, again. What is compared and how is pure
 * ({@link dev.thaw.rehearse.TreeComparison}, {@link dev.thaw.rehearse.Continuity}); {@link dev.thaw.rehearse.Rehearser} does it.
 */
package dev.thaw.rehearse;
