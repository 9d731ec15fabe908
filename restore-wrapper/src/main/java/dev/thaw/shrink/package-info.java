/** {@code --shrink}: memory that an application does not need is given back before it is dumped. */
package dev.thaw.shrink;
