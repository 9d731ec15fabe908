/**
 * Whether an image fits here and now: what a checkpoint recorded against what there is. {@link dev.thaw.compat.Comparison} decides and is
 * pure; {@link dev.thaw.compat.Surroundings} looks.
 */
package dev.thaw.compat;
