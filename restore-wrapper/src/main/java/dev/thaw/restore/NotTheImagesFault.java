package dev.thaw.restore;

/** Cause of a failure that says nothing against the image: the same restore may work a moment later. */
public final class NotTheImagesFault extends RuntimeException {
    NotTheImagesFault(String what) {
        super(what);
    }
}
