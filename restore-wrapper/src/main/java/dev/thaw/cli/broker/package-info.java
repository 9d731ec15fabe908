/** {@code thaw broker}: one class a verb. */
package dev.thaw.cli.broker;
