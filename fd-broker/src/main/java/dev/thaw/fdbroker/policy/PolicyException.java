package dev.thaw.fdbroker.policy;

/** A policy file is not one; the text is for the user, and says where. */
public final class PolicyException extends RuntimeException {
    PolicyException(String file, int line, String why) {
        super(file + ":" + line + ": " + why);
    }
}
