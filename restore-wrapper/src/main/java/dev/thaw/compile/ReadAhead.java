package dev.thaw.compile;

import dev.thaw.criu.ClockStart;
import dev.thaw.linux.SystemCallNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The part of a compiled plan that reads large images into the page cache while criu starts. */
final class ReadAhead {
    private static final int SIZE_FIELD = 2;

    /**
     * Arguments: the number of sendfile; the shell that wants it, with whose end it ends; a reader's number, from 0; files. Its output is /dev/null. Nothing is
     * copied for a target that keeps nothing: sendfile(2) hands over the pages as they are, so that this takes hardly any processor time.
     */
    private static final String READER = """
            my ($sendfile, $shell, $reader, @files) = @ARGV;
            my $turn = 0;
            for (@files) {
                open(PAGES, '<', $_) or exit 1;
                my $size = -s PAGES;
                for (my $stripe = 0; $stripe < $size; $stripe += %STRIPE%) {
                    next if $turn++ % %READERS% != $reader;
                    my $offset = pack 'q', $stripe;
                    for (1 .. %STRIPE% >> 20) {
                        getppid == $shell or exit;
                        syscall($sendfile + 0, fileno STDOUT, fileno PAGES, $offset, 1 << 20) > 0 or last;
                    }
                }
            }
            """.replace("%STRIPE%", Integer.toString(Stripes.BYTES)).replace("%READERS%", Integer.toString(Stripes.READERS));

    /**
     * Started in the background; ended with the restore, or with this process. A reader of what is in memory is in criu's way: whether a first page had to be fetched from a
     * disk, the kernel says, without another process.
     */
    private static final String FUNCTION = """

            # Reads files of $1 KiB into the page cache, if they are not there and there is room. Sets thaw_readers.
            thaw_read_ahead() {
                local text before='' after='' reader sizeKiB=$1 shell=$BASHPID IFS=$' \\t\\n'
                [[ -x %PERL% ]] || return
                shift
                IFS= read -r -d '' text </proc/meminfo
                [[ $text =~ MemAvailable:\\ +([0-9]+) ]] && ((BASH_REMATCH[1] / 2 > sizeKiB)) || return
                IFS= read -r -d '' before </proc/self/io
                IFS= read -r -d '' -n 1 text <"$1"
                IFS= read -r -d '' after </proc/self/io
                [[ $before == *$'\\n'read_bytes:* && ${before#*$'\\n'read_bytes:} != "${after#*$'\\n'read_bytes:}" ]] || return
                for reader in %NUMBERS%; do
                    {
                        [[ -z $thaw_life ]] || exec {thaw_life}>&-
                        unset "${!%VARIABLES%@}"
                        exec %PERL% -f -e %READER% %SENDFILE% "$shell" "$reader" "$@"
                    } </dev/null >/dev/null 2>&1 &
                    thaw_readers+=("$!")
                done
            }
            """;

    private ReadAhead() {}

    /** Definition of what {@link #start} calls; empty for small images. */
    static String function(CompiledPlan plan) {
        return large(plan).isEmpty() ? "" : FUNCTION.replace("%NUMBERS%", IntStream.range(0, Stripes.READERS).mapToObj(Integer::toString).collect(Collectors.joining(" ")))
                .replace("%VARIABLES%", ClockStart.ITS_VARIABLES).replace("%PERL%", ClockStart.PERL).replace("%READER%", ShellText.quote(READER))
                .replace("%SENDFILE%", Integer.toString(SystemCallNumbers.here().sendfile()));
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
        return bytes(plan) < Stripes.LEAST_BYTES ? List.of() : pages(plan).stream().map(plan.files()::get).toList();
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
