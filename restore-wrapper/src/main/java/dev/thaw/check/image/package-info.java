/** {@code thaw check image}: can this be restored here and now? */
package dev.thaw.check.image;
