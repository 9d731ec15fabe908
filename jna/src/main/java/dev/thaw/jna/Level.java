package dev.thaw.jna;

/** Those of java.util.logging that JNA uses. */
public enum Level {
    FINER, FINE, INFO, WARNING, SEVERE
}
