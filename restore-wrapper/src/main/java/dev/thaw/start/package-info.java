/**
 * An application from its image, or anew when that is not to be had: which generation, what a failure says about it, what comes next. {@link
 * dev.thaw.start.Course} decides and is pure; {@link dev.thaw.start.StartOrRestore} does it.
 */
package dev.thaw.start;
