package dev.thaw.compile;

/**
 * A pid namespace with its own /proc that the program makes for the application, as {@code PidNamespace} does.
 *
 * @param lastPid what criu starts gets pids above this one in there; 0 for the lowest
 */
public record FreshNamespace(int lastPid) {
    /** What makes it (util-linux). */
    public static final String UNSHARE = "/usr/bin/unshare";
    /** With {@link #TAIL} what stays in it (util-linux, GNU coreutils). */
    public static final String SESSION = "/usr/bin/setsid";
    public static final String TAIL = "/usr/bin/tail";
    /** Becomes the program behind it, with a /proc of the pids that it sees, in a mount namespace that follows ours. */
    public static final String OWN_PROC = UNSHARE + " --mount-proc --propagation slave -- ";
    /** No process of the application can have these: they are the first process's, and that of what becomes criu. */
    public static final int HIGHEST_TAKEN = 2;

    /**
     * Run outside of the namespace by the shell's child that becomes criu's parent, and so the application's: in the end that is ours. $1 is thaw, $2
     * its descriptor of criu's script, $3 the last pid that counts as used, $4 is set when thaw stays, $5 the root's pid in there; then criu's command line.
     * Its output is thaw's input. From descriptor 2 the namespace's first process reads the application's pid, once that is up; that input ends when thaw does, and so
     * does the namespace. With SIGCHLD ignored the kernel reaps by itself, for tail, a small process that looks once a second. criu has its
     * script as its input, and thaw's directory in our /proc as its standard error: in there neither is to be seen.
     */
    private static final String STARTER = """
            plan=$1 proof=$2 last=$3 stays=$4 inside=$5 root=''
            shift 5
            {
                read -r root && cd / && exec /usr/bin/env -i --ignore-signal=CHLD %SESSION% %TAIL% --pid="$root" -f /dev/null </dev/null
                exit 1
            } <&2 >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
            init=$!
            if ([ "$last" = 0 ] || echo "$last" >/proc/sys/kernel/ns_last_pid || exit 1; exec "$@") <"/proc/$plan/fd/$proof" 2<"/proc/$plan"; then
                # No line end is there.
                read -r children <"/proc/$$/task/$$/children"
                # What criu has started besides may still be among them, for a moment.
                for child in $children; do
                    while read -r name numbers; do
                        [ "$name" != NSpid: ] || [ "${numbers##*[!0-9]}" != "$inside" ] || root=$child
                    done <"/proc/$child/status"
                done
                [ -n "$root" ] || { kill -KILL "$init"; wait "$init"; exit 1; }
                echo "$root $init"
                # Whoever is to be the parent of these two ends us then.
                [ -z "$stays" ] || wait "$init"
                exit
            fi
            kill -KILL "$init"
            wait "$init"
            exit 1""";

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
                local number
                exec 2<&"$gate"
                for number in /proc/self/fd/*; do
                    number=${number##*/}
                    # bash has its script at 255, and closes it by itself.
                    ((number < 10 || number == 255)) || exec {number}>&-
                done
                export THAW_SPACE=yes
                exec %UNSHARE% --pid -- /bin/sh -c '%STARTER%' thaw-init $$ "$proof" %LAST% "$attend" "$thaw_root" \\
                    %OWN_PROC%"$@"
            }
            """;

    /**
     * Definition of what the program calls where it is to restore into such a namespace.
     *
     * @param limitSeconds how long criu may take
     */
    String functions(int limitSeconds) {
        return FUNCTIONS.replace("%STARTER%", STARTER).replace("%UNSHARE%", UNSHARE).replace("%SESSION%", SESSION).replace("%TAIL%", TAIL)
                .replace("%OWN_PROC%", OWN_PROC).replace("%LIMIT%", Integer.toString(limitSeconds)).replace("%LAST%", Integer.toString(lastPid));
    }
}
