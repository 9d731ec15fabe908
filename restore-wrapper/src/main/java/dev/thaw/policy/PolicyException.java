package dev.thaw.policy;

/** A policy file that cannot be used; the message names file and line, and what was expected there. */
public final class PolicyException extends RuntimeException {
    PolicyException(String file, int line, String expected) {
        super(file + ", line " + line + ": " + expected);
    }
}
