package dev.thaw.shrink;

/**
 * How much of its heap a JVM keeps free after a collection. Lowered for a moment, and set to what it was by {@link #close}, also when a signal ends
 * thaw meanwhile.
 */
final class FreeRatios implements AutoCloseable {
    private static final String MIN = "MinHeapFreeRatio";
    private static final String MAX = "MaxHeapFreeRatio";

    private final HotSpot jvm;
    private final String min;
    private final String max;
    private final Thread atExit = new Thread(this::putBack, "put the JVM's flags back");

    private FreeRatios(HotSpot jvm, String min, String max) {
        this.jvm = jvm;
        this.min = min;
        this.max = max;
    }

    /** @param min at most {@code max} */
    static FreeRatios lowered(HotSpot jvm, String min, String max) throws HotSpot.Refusal, InterruptedException {
        FreeRatios were = new FreeRatios(jvm, jvm.flag(MIN), jvm.flag(MAX));
        Runtime.getRuntime().addShutdownHook(were.atExit);
        try {
            // The JVM refuses a minimum above the maximum, so the minimum goes first, and comes back last.
            jvm.setFlag(MIN, min);
            jvm.setFlag(MAX, max);
            return were;
        } catch (HotSpot.Refusal | InterruptedException e) {
            were.close();
            throw e;
        }
    }

    private void putBack() {
        boolean interrupted = Thread.interrupted();
        try {
            jvm.setFlag(MAX, max);
            jvm.setFlag(MIN, min);
        } catch (HotSpot.Refusal gone) {
            return; // there is no JVM any more that could be too small
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException itRuns) {
            return;
        }
        putBack();
    }
}
