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

    /** Until the thread has ended, also when this one is interrupted, which it can tell afterwards. For a thread that ends by itself. */
    public static void untilEnded(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
