package dev.thaw.demo;

/** A short wait between two looks at something that another process changes. */
final class Pause {
    private static final long MILLIS = 10;

    private Pause() {}

    static void brief() {
        try {
            Thread.sleep(MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
