package dev.thaw.criu;

import dev.thaw.image.ClockImages.Clocks;
import dev.thaw.linux.SystemCallNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The small program that becomes a criu without probes ({@link ShortStart}), under the same pid. What it restores of the clocks is what criu would
 * (criu/timens.c): a time namespace, in which they are those of the image; the tree is born in it. Where that fails, criu is started as always.
 */
public final class ClockStart {
    /** Essential on Debian and Ubuntu. */
    public static final String PERL = "/usr/bin/perl";
    /** How the names of variables begin that change what it does. */
    public static final String ITS_VARIABLES = "PERL";

    /**
     * Arguments: a directory that stays locked as long as criu lives, or nothing; that of
     * {@link KeptFindings}; numbers of unshare, setns, clock_gettime and prlimit64; the clocks, or nothing four times;
     * criu's command line.
     */
    private static final String PROGRAM = KeptFindings.SURROUNDINGS + """
            my ($lock, $findings, $unshare, $setns, $gettime, $prlimit, @image) = splice @ARGV, 0, 10;
            if (length $lock) {
                $^F = 65535; # not closed by exec
                sysopen(LOCK, $lock, 0) && flock(LOCK, 5) or exit 1;
                $^F = 2;
            }
            sub clocks {
                return 1 if !length $image[0];
                open(OFFSETS, '<', '/proc/self/timens_offsets') or return;
                my %own = map { my ($name, @offset) = split; ($name => \\@offset) } <OFFSETS>;
                syscall($unshare + 0, %NEWTIME%) == 0 or return;
                my $offsets = '';
                for (['monotonic', 1], ['boottime', 7]) {
                    my ($name, $clock) = @$_;
                    my ($seconds, $nanos) = splice @image, 0, 2;
                    my $now = "\\0" x 16;
                    $own{$name} && syscall($gettime + 0, $clock, $now) == 0 or return;
                    my @now = unpack 'qq', $now;
                    $seconds += $own{$name}[0] - $now[0];
                    $nanos += $own{$name}[1] - $now[1];
                    while ($nanos < 0) { $nanos += 1000000000; $seconds-- }
                    while ($nanos >= 1000000000) { $nanos -= 1000000000; $seconds++ }
                    $offsets .= "$clock $seconds $nanos\\n";
                }
                open(OFFSETS, '+<', '/proc/self/timens_offsets') && syswrite(OFFSETS, $offsets) == length $offsets or return;
                open(OFFSETS, '<', '/proc/self/ns/time_for_children') && syscall($setns + 0, fileno OFFSETS, %NEWTIME%) == 0;
            }
            # Ours, and nobody else's to write to.
            my @status = stat $findings;
            if (@status && $status[4] == $> && !($status[2] & 022) && open(IN, '<', "$findings/for")) {
                my @criu;
                for (@ARGV) { last if $_ eq 'restore'; push @criu, $_ }
                my $for = do { local $/; <IN> };
                $ENV{XDG_RUNTIME_DIR} = $findings if length $for && $for eq surroundings(@criu);
            }
            # Without probes criu leaves the limit of open files alone where it has not CAP_SYS_RESOURCE; the hard limit may be enough.
            open(MOST, '<', '/proc/sys/fs/nr_open') && syscall($prlimit + 0, 0, 7, pack('Q2', (<MOST> + 0) x 2), 0);
            exec @ARGV, clocks() ? '--unprivileged' : ();
            exit 127;
            """.replace("%NEWTIME%", Integer.toString(SystemCallNumbers.CLONE_NEWTIME));

    private ClockStart() {}

    /**
     * The words before criu's command line.
     *
     * @param lock a directory to be locked against checkpoints that would remove it; empty for none. It is left alone, with status 1, when it is locked otherwise.
     * @param findings directory of {@link KeptFindings}, where there may be some
     */
    public static List<String> words(ShortStart start, Optional<String> lock, String findings) {
        SystemCallNumbers numbers = SystemCallNumbers.here();
        List<String> words = new ArrayList<>(List.of(PERL, "-f", "-e", PROGRAM, lock.orElse(""), findings));
        add(words, numbers.unshare(), numbers.setns(), numbers.clockGettime(), numbers.prlimit());
        if (start.clocks().isPresent()) {
            Clocks clocks = start.clocks().get();
            add(words, clocks.monotonicSeconds(), clocks.monotonicNanos(), clocks.bootSeconds(), clocks.bootNanos());
        } else {
            words.addAll(List.of("", "", "", ""));
        }
        return List.copyOf(words);
    }

    private static void add(List<String> words, long... numbers) {
        for (long number : numbers) {
            words.add(Long.toString(number));
        }
    }

    /** @param variable of the environment, with its value */
    public static boolean isInItsWay(String variable) {
        return variable.startsWith(ITS_VARIABLES) || variable.startsWith(ShortStart.DIRECTORY_VARIABLE + "=") || variable.startsWith("LC_ALL=");
    }
}
