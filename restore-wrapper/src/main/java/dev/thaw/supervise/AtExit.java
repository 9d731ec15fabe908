package dev.thaw.supervise;

/**
 * The end of this process, and what has to be done before it, also when a signal ends it. From 21 on {@link System#exit} starts a logger, which looks for
 * its settings in every jar and takes as long as half a restore; where nothing has to be done the JVM just stops. So nobody adds a hook of the JVM's but by this.
 */
public final class AtExit {
    private static volatile boolean used;

    private AtExit() {}

    /** @param task is started when the process ends, unless it is removed before */
    public static void add(Thread task) {
        used = true;
        Runtime.getRuntime().addShutdownHook(task);
    }

    /** @throws IllegalStateException when the process is ending, and the task runs already */
    public static void remove(Thread task) {
        Runtime.getRuntime().removeShutdownHook(task);
    }

    /** Never returns. Where a signal has begun to end the process, its tasks are done first. */
    public static void exit(int code) {
        if (used) {
            System.exit(code);
        }
        Runtime.getRuntime().halt(code);
    }
}
