/**
 * Starts restore-friendly children. {@link dev.thaw.launcher.SpawnPlanner} decides, from what was asked and what the caller gave us;
 * {@link dev.thaw.launcher.Launcher} opens, spawns and records.
 */
package dev.thaw.launcher;
