package dev.thaw.criu;

import java.util.ArrayList;
import java.util.List;

/**
 * What criu has found out about the kernel, kept beside an image for the next restores of it. criu itself keeps it only on a tmpfs, and takes it from anywhere
 * (criu/kerndat.c). It holds for one boot, one criu, one set of capabilities and the settings that are in it, and nowhere below a filter of system calls.
 */
public final class KeptFindings {
    /** Name of the directory with them, in the one that belongs to a compiled plan. */
    public static final String DIRECTORY = "findings";

    /** Perl: for whom and where they hold; arguments are the words that start criu. */
    static final String SURROUNDINGS = """
            sub surroundings {
                my @lines;
                for my $file (qw(kernel/random/boot_id fs/nr_open vm/mmap_min_addr)) {
                    open(IN, '<', "/proc/sys/$file") or return '';
                    push @lines, <IN>;
                }
                open(IN, '<', '/proc/self/status') or return '';
                push @lines, grep /^(CapEff|Seccomp):/, <IN>;
                return '' if $lines[-1] ne "Seccomp:\\t0\\n";
                join '', @lines, readlink('/proc/self/ns/user'), map { m{^/} && -f $_ ? "\\n$_ @{[(stat _)[1, 7, 9]]}" : () } @_;
            }
            """;

    /**
     * Arguments: a directory on a tmpfs to be made and removed, the one to keep them in, which is there and empty, and the words that start criu. The file named
     * "for" comes last; "criu.kdat.tmp" keeps criu from writing there.
     */
    private static final String PROGRAM = SURROUNDINGS + """
            my ($work, $kept, @criu) = @ARGV;
            my $for = surroundings(@criu);
            length $for && mkdir($work, 0700) or exit 1;
            $ENV{XDG_RUNTIME_DIR} = $work;
            my $pid = fork;
            exit 127 if defined $pid && !$pid && !exec @criu, 'check', '--unprivileged', '--no-default-config';
            wait;
            my $found = open(IN, '<', "$work/criu.kdat") && do { local $/; <IN> };
            unlink "$work/criu.kdat", "$work/criu.kdat.tmp";
            rmdir $work;
            length $found or exit 1;
            umask 077;
            for (['criu.kdat.tmp', ''], ['criu.kdat', $found], ['for', $for]) {
                open(OUT, '>', "$kept/$_->[0]") && print(OUT $_->[1]) && close(OUT) or exit 1;
            }
            """;

    private KeptFindings() {}

    /**
     * The command that makes them; with status 0 they are there.
     *
     * @param engine the words that start criu
     * @param work path that is free, on a tmpfs
     * @param kept an empty directory
     */
    public static List<String> make(List<String> engine, String work, String kept) {
        List<String> words = new ArrayList<>(List.of(ClockStart.PERL, "-f", "-e", PROGRAM, work, kept));
        words.addAll(engine);
        return List.copyOf(words);
    }
}
