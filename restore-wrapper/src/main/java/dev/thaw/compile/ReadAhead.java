package dev.thaw.compile;

import java.util.ArrayList;
import java.util.List;

/** The part of a compiled plan that reads large images into the page cache while criu starts. */
final class ReadAhead {
    /** Of all pages together; less than this criu has read before another program could help it. */
    static final long LEAST_BYTES = 64L << 20;
    private static final int SIZE_FIELD = 2;

    /**
     * Started in the background; ended with the restore. A reader that has no processor to itself is in criu's way, and so is one of what is in memory:
     * whether a first piece had to be fetched from a disk, the kernel says.
     */
    private static final String FUNCTION = """

            # Reads files of $1 KiB into the page cache, if they are not there, there is room, and a processor has nothing to do.
            thaw_read_ahead() {
                local name value rest before=0 free=0 sizeKiB=$1 IFS=$' \\t\\n'
                local -a processors=(/sys/devices/system/cpu/cpu[0-9]*)
                shift
                read -r name name name value rest </proc/loadavg
                ((${value%/*} <= ${#processors[@]})) || return
                while read -r name value rest; do
                    [[ $name != MemAvailable: ]] || free=$value
                done </proc/meminfo
                ((free / 2 > sizeKiB)) || return
                while read -r name value; do
                    [[ $name != read_bytes: ]] || before=$value
                done </proc/self/io
                dd bs=1M count=8 if="$1"
                while read -r name value; do
                    [[ $name != read_bytes: ]] || ((value > before)) || return
                done </proc/self/io
                exec cat -- "$@"
            }
            """;

    private ReadAhead() {}

    /** Definition of what {@link #start} calls; empty for small images. */
    static String function(CompiledPlan plan) {
        return large(plan).isEmpty() ? "" : FUNCTION;
    }

    /** Starts it, and sets {@code reader} to its pid; empty for small images. */
    static String start(CompiledPlan plan) {
        List<String> files = large(plan);
        StringBuilder text = new StringBuilder();
        if (!files.isEmpty()) {
            // A JVM that this shell becomes does it itself: it would have a child that it knows nothing of.
            text.append("    if [[ -z ${1-} ]]; then\n        thaw_read_ahead ").append(bytes(plan) >> 10);
            files.forEach(file -> text.append(' ').append(ShellText.quote(file)));
            text.append(" </dev/null >/dev/null 2>&1 &\n        reader=$!\n    fi\n");
        }
        return text.toString();
    }

    private static List<String> large(CompiledPlan plan) {
        return bytes(plan) < LEAST_BYTES ? List.of() : pages(plan).stream().map(plan.files()::get).toList();
    }

    private static long bytes(CompiledPlan plan) {
        return pages(plan).stream().mapToLong(file -> Long.parseLong(plan.fingerprint().get(file).split(" ")[SIZE_FIELD])).sum();
    }

    /** Which of the plan's files hold memory. */
    private static List<Integer> pages(CompiledPlan plan) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < plan.files().size(); i++) {
            String file = plan.files().get(i);
            if (file.startsWith(plan.generation() + "/pages-") && file.endsWith(".img")) {
                found.add(i);
            }
        }
        return found;
    }
}
