package dev.thaw.shrink;

import java.time.Duration;

/** A thaw that gets no further than to the flags of a JVM, for a test that kills it. */
public final class HangingShrinker {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private HangingShrinker() {}

    /** @param arguments the JVM's pid */
    public static void main(String[] arguments) throws HotSpot.Refusal, InterruptedException {
        int pid = Integer.parseInt(arguments[0]);
        HotSpot jvm = HotSpot.attach(pid, LIMIT);
        FreeRatios were = FreeRatios.lowered(pid, jvm, "0", "10");
        System.out.println("lowered");
        Thread.sleep(LIMIT.multipliedBy(3).toMillis());
        were.close();
    }
}
