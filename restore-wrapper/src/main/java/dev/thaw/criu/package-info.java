/** criu as thaw sees it: which one, what it can do, what it is told, and what its logs mean. */
package dev.thaw.criu;
