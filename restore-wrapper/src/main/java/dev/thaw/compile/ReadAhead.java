package dev.thaw.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The part of a compiled plan that reads large images into the page cache while criu starts. */
final class ReadAhead {
    /** Of all pages together; less than this criu has read before another program could help it. */
    static final long LEAST_BYTES = 64L << 20;
    private static final int SIZE_FIELD = 2;

    /**
     * Started in the background; ended with the restore. A reader of what is in memory is in criu's way: whether a first page had to be fetched from a
     * disk, the kernel says, without another process. So is one that takes criu's processor: it begins when one has nothing to do, which it may not have
     * in the moment when criu starts, and gives way to everybody from then on.
     */
    private static final String FUNCTION = """

            # Reads files of $1 KiB into the page cache, if they are not there and there is room, as soon as a processor has nothing to do. Sets thaw_reader.
            thaw_read_ahead() {
                local text free before='' after='' sizeKiB=$1 IFS=$' \\t\\n'
                local -a processors=(/sys/devices/system/cpu/cpu[0-9]*)
                shift
                IFS= read -r -d '' text </proc/meminfo
                [[ $text =~ MemAvailable:\\ +([0-9]+) ]] && ((BASH_REMATCH[1] / 2 > sizeKiB)) || return
                IFS= read -r -d '' before </proc/self/io
                IFS= read -r -d '' -n 1 text <"$1"
                IFS= read -r -d '' after </proc/self/io
                [[ $before == *$'\\n'read_bytes:* && ${before#*$'\\n'read_bytes:} != "${after#*$'\\n'read_bytes:}" ]] || return
                {
                    [[ -z $thaw_life ]] || exec {thaw_life}>&-
                    # Nobody ever writes to this pipe.
                    exec {before}<> <(:)
                    while read -r text text text free text </proc/loadavg && ((${free%/*} > ${#processors[@]})); do
                        [[ -e /proc/$thaw_criu ]] || exit
                        read -r -t 0.01 -u "$before" text
                    done
                    exec nice -n 19 cat -- "$@"
                } </dev/null >/dev/null 2>&1 &
                thaw_reader=$!
            }
            """;

    private ReadAhead() {}

    /** Definition of what {@link #start} calls; empty for small images. */
    static String function(CompiledPlan plan) {
        return large(plan).isEmpty() ? "" : FUNCTION;
    }

    /** Starts it where it pays; empty for small images. */
    static String start(CompiledPlan plan) {
        List<String> files = large(plan);
        if (files.isEmpty()) {
            return "";
        }
        return "    thaw_read_ahead " + (bytes(plan) >> 10) + files.stream().map(file -> " " + ShellText.quote(file)).collect(Collectors.joining()) + "\n";
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
