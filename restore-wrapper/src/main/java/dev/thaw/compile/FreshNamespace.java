package dev.thaw.compile;

import dev.thaw.criu.ClockStart;
import dev.thaw.linux.SystemCallNumbers;

/**
 * A pid namespace with its own /proc that the program makes for the application, as {@code PidNamespace} does.
 *
 * @param lastPid what criu starts gets pids above this one in there; 0 for the lowest
 */
public record FreshNamespace(int lastPid) {
    /** What stays in it (GNU coreutils). */
    public static final String TAIL = "/usr/bin/tail";
    /** No process of the application can have these: they are the first process's, and that of what becomes criu. */
    public static final int HIGHEST_TAKEN = 2;

    /** Gives a process a /proc of the pids that it sees, in a mount namespace that follows ours. No text of perl's own may be given to a system call: it could be written to. */
    private static final String OWN_PROC = """
            sub own_proc {
                my ($unshare, $mount, $none, $root, $proc, $place) = (@_, qw(none / proc /proc));
                # CLONE_NEWNS; MS_REC and MS_SLAVE; MS_NOSUID, MS_NODEV and MS_NOEXEC
                syscall($unshare + 0, 0x20000) == 0 && syscall($mount + 0, $none, $root, 0, 0x84000, 0) == 0
                    && syscall($mount + 0, $proc, $place, $proc, 14, 0) == 0;
            }
            """;

    /** Succeeds where such a namespace can be made. Arguments: numbers of unshare and mount. */
    private static final String PROBE = OWN_PROC + """
            syscall($ARGV[0] + 0, 0x20000000) == 0 or die "unshare: $!\\n";
            if (!(fork // die "fork: $!\\n")) {
                own_proc(@ARGV) or die "mount: $!\\n";
                exit(-e "/proc/self/task/$$/children" ? 0 : 1);
            }
            wait;
            exit($? ? 1 : 0);
            """;

    /**
     * Run outside of the namespace by the shell's child that becomes criu's parent, and so the application's: in the end that is ours. Its arguments are
     * thaw, thaw's descriptor of criu's script, the last pid that counts as used, whether thaw stays, the root's pid in there; numbers of unshare,
     * mount and setsid; a program in perl that becomes criu, and its arguments.
     * Its output is thaw's input. From descriptor 2 the namespace's first process reads the application's pid, once that is up; that input ends when thaw does, and so
     * does the namespace. With SIGCHLD ignored the kernel reaps by itself, for tail, a small process that looks once a second. criu has its
     * script as its input, and thaw's directory in our /proc as its standard error: in there neither is to be seen.
     */
    private static final String STARTER = OWN_PROC + """
            my ($plan, $proof, $last, $stays, $inside, $unshare, $mount, $setsid, $program) = splice @ARGV, 0, 9;
            # CLONE_NEWPID
            syscall($unshare + 0, 0x20000000) == 0 or exit 1;
            my $first = fork // exit 1;
            if (!$first) {
                $SIG{CHLD} = "IGNORE";
                open(STDIN, "<&", 2) && open(STDOUT, ">", "/dev/null") && open(STDERR, ">", "/dev/null") or exit 1;
                for my $number (3 .. 9) { open(my $ended, "<&=", $number) }
                my $root = "";
                while ($root !~ /\\n/) { sysread(STDIN, $root, 16, length $root) or exit 1 }
                chomp $root;
                chdir "/" and open(STDIN, "<", "/dev/null") or exit 1;
                syscall($setsid + 0);
                %ENV = ();
                exec "%TAIL%", "--pid=$root", "-f", "/dev/null";
                exit 1;
            }
            # What criu has restored is our child, and the first process does not end before that is reaped.
            sub ended {
                my $ended;
                do { $ended = wait } until $ended == $_[0] || $ended == -1;
                $?;
            }
            sub failed {
                kill "KILL", $first;
                ended($first);
                exit 1;
            }
            my $engine = fork // failed();
            if (!$engine) {
                if ($last) { open(LAST, ">", "/proc/sys/kernel/ns_last_pid") && syswrite(LAST, $last) or exit 1 }
                sysopen(STDIN, "/proc/$plan/fd/$proof", 0) && sysopen(STDERR, "/proc/$plan", 0) && own_proc($unshare, $mount) or exit 1;
                eval $program;
                exit 127;
            }
            failed() if ended($engine);
            # What criu has started besides may still be among them, for a moment.
            my $root;
            open(CHILDREN, "<", "/proc/$$/task/$$/children") or failed();
            for my $child (split " ", <CHILDREN>) {
                open(STATUS, "<", "/proc/$child/status") or next;
                while (<STATUS>) { $root = $child if /^NSpid:.*\\s(\\d+)$/ && $1 == $inside }
            }
            failed() if !$root;
            syswrite STDOUT, "$root $first\\n";
            # Whoever is to be the parent of these two ends us then.
            waitpid $first, 0 if $stays;
            """.replace("%TAIL%", TAIL);

    private static final String FUNCTIONS = """

            # Makes the pipe by which the first process of a namespace lives: it reads from gate, and thaw_life is ours.
            thaw_hold_space() {
                local nothing
                exec {gate}<<<''
                if [[ -p /proc/self/fd/$gate ]]; then
                    read -r -u "$gate" nothing
                else
                    # bash before 5.1 has put it into a file.
                    exec {gate}<&-
                    exec {gate}< <(:)
                fi
                exec {thaw_life}>"/proc/self/fd/$gate"
            }

            # Waits for criu's parent, and sets said to what it says. It has ended without a word when somebody has killed it; and then criu may live.
            thaw_await_space() {
                local line part='' number alive=yes end=$((SECONDS + %LIMIT%))
                while true; do
                    # Before the read: what it has said by then is there to be read.
                    [[ -e /proc/$thaw_criu/exe ]] || alive=''
                    IFS= read -r -t 1 -u "$ended" line
                    number=$?
                    # The time may be over in the middle of the line.
                    part+=$line
                    if ((number == 0)); then
                        said=$part
                    elif ((number <= 128 || SECONDS >= end)) || [[ -z $alive ]]; then
                        break
                    fi
                done
                [[ -n $said ]] || exec {thaw_life}>&-
            }

            # Becomes what makes a pid namespace and starts criu, $1, in it. Of the caller's descriptors nothing may stay there for longer than the restore.
            thaw_start_space() {
                local number program='exec @ARGV'
                exec 2<&"$gate"
                for number in /proc/self/fd/*; do
                    number=${number##*/}
                    # bash has its script at 255, and closes it by itself.
                    ((number < 10 || number == 255)) || exec {number}>&-
                done
                # What becomes criu may be a program in perl by itself.
                [[ $1 == %PERL% ]] && program=$4 && shift 4
                unset "${!%VARIABLES%@}"
                export THAW_SPACE=yes LC_ALL=C
                exec %PERL% -f -e %STARTER% $$ "$proof" %LAST% "$attend" "$thaw_root" %CALLS% "$program" "$@"
            }
            """;

    /**
     * Definition of what the program calls where it is to restore into such a namespace.
     *
     * @param limitSeconds how long criu may take
     */
    String functions(int limitSeconds) {
        SystemCallNumbers numbers = SystemCallNumbers.here();
        return FUNCTIONS.replace("%STARTER%", ShellText.quote(STARTER)).replace("%PERL%", ClockStart.PERL).replace("%VARIABLES%", ClockStart.ITS_VARIABLES)
                .replace("%LIMIT%", Integer.toString(limitSeconds)).replace("%LAST%", Integer.toString(lastPid))
                .replace("%CALLS%", numbers.unshare() + " " + numbers.mount() + " " + numbers.setsid());
    }

    /** A command of the shell that succeeds where such a namespace can be made. It uses the same programs, and looks at the very files. */
    public static String probe() {
        SystemCallNumbers numbers = SystemCallNumbers.here();
        return ClockStart.PERL + " -f -e " + ShellText.quote(PROBE) + " " + numbers.unshare() + " " + numbers.mount() + " && " + TAIL + " --version | grep -q GNU";
    }
}
