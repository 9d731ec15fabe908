/** {@code thaw check host}: what this machine has for criu, and what it lacks. */
package dev.thaw.check.host;
