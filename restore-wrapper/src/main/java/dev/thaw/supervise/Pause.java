package dev.thaw.supervise;

/** For those who look again and again for what has no event to wait for. */
public final class Pause {
    private Pause() {}

    /** Shorter when the thread is interrupted, which it can tell afterwards. */
    public static void millis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
