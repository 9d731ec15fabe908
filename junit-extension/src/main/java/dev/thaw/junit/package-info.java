/**
 * Restore tests as easy as unit tests: a JUnit Jupiter extension that launches an application, checkpoints it, restores it, and gives the test
 * the restored one to assert on. It runs the program {@code thaw} and has no dependency but JUnit's API.
 */
package dev.thaw.junit;
