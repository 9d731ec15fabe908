package dev.thaw.supervise;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.util.List;

/**
 * Ends the application when thaw dies without a word, as by SIGKILL ({@code --on-parent-death end}). PR_SET_PDEATHSIG would be sent when the thread
 * ended that started the application, and is lost on exec of a set-user-id program.
 */
final class ParentDeathWatch {
    /**
     * $1 is the pid, $2 when it started, $3 the pid or its group as kill(1) takes it. A line on the input says that all is well. The start
     * time is compared because the pid may be another's by then; it is field 22, the 20th after the name in parentheses.
     */
    private static final String SCRIPT = String.join("\n",
            "read -r told && exit 0",
            "same() {",
            "  stat=$(cat \"/proc/$pid/stat\" 2>/dev/null) || return 1",
            "  set -- ${stat##*) }",
            "  [ \"$1\" != Z ] && [ \"${20}\" = \"$start\" ]",
            "}",
            "pid=$1 start=$2 target=$3",
            "same || exit 0",
            // -s: dash takes no -- after -TERM
            "kill -s TERM -- \"$target\"; kill -s CONT -- \"$target\"",
            "for second in 1 2 3 4 5; do same || break; sleep 1; done",
            "kill -s KILL -- \"$target\"");

    private ParentDeathWatch() {}

    /**
     * To be called off while the application's pid is still taken: afterwards it would be somebody else's that is ended.
     *
     * @param pid a child of ours; when it leads a process group, the group is ended
     */
    static DeathWatch start(int pid) {
        long start = ProcessStat.read(pid).map(ProcessStat::startTicks).orElse(0L);
        String target = ProcessCalls.getpgid(pid) == pid ? "-" + pid : Integer.toString(pid);
        return DeathWatch.start("thaw-parent-watch", SCRIPT, List.of(Integer.toString(pid), Long.toString(start), target));
    }
}
