/**
 * A living tree as the snapshot that its images would be, so that a restore of it can be planned without a dump: {@link dev.thaw.living.LivingReader}
 * looks, {@link dev.thaw.living.LivingSnapshot} is pure.
 */
package dev.thaw.living;
