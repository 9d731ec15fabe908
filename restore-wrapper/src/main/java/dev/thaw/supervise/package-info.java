/**
 * What thaw does while an application runs: waits for it, passes signals on, reaps orphans, tells others. {@link
 * dev.thaw.supervise.Lifecycle} puts the parts together, for processes that were started and for those that were restored.
 */
package dev.thaw.supervise;
