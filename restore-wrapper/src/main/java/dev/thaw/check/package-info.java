/** Will it work here? Facts are read by thin readers, judged by pure rules, and told as {@link dev.thaw.check.Finding}s. */
package dev.thaw.check;
