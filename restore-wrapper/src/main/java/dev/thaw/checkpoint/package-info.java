/**
 * Writes a checkpoint: a look at the living tree ({@link dev.thaw.checkpoint.TreeScanner}) becomes criu's options or reasons against it
 * ({@link dev.thaw.checkpoint.CheckpointPlanner}, pure), and these a new generation of images ({@link dev.thaw.checkpoint.Checkpointer}).
 */
package dev.thaw.checkpoint;
