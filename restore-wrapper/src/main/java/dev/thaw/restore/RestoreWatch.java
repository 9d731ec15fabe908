package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.supervise.DeathWatch;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Cleans up after a restore whose thaw was killed in the middle of it: criu would go on, and leave an application that nobody attends to. It ends criu
 * and every process that has a number of the image and was started since, and takes the work directory away.
 */
final class RestoreWatch implements AutoCloseable {
    /** In the environment of criu and of all that it starts: the work directory. */
    private static final String MARK = "THAW_WORK";

    /**
     * $1 is the work directory, in which "numbers" lists the image's pids. Lines on the input: a pid of criu's; or "done". Start times, field 22 and
     * so the 20th after the name in parentheses, tell the image's processes from others that have had the number before. thaw may be killed
     * before it can tell criu's pid: criu is known by its environment as well.
     */
    private static final String SCRIPT = String.join("\n",
            "work=$1 criu=",
            "while read -r word; do",
            "  [ \"$word\" = done ] && exit 0",
            "  criu=$word",
            "done",
            "started() {",
            "  { read -r stat; } <\"/proc/$1/stat\" || return 1",
            "  set -- ${stat##*) }",
            "  [ \"$1\" != Z ] && since=${20}",
            "} 2>/dev/null",
            "started $$ && own=$since",
            "marked() { grep -lzxF -- \"" + MARK + "=$work\" /proc/[0-9]*/environ 2>/dev/null | tr -cd '0-9\\n'; }",
            "[ -n \"$criu\" ] && started \"$criu\" && [ \"$since\" -ge \"$own\" ] && kill -KILL \"-$criu\" 2>/dev/null",
            "numbers=$(cat \"$work/numbers\" 2>/dev/null)",
            "for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do",
            "  left=",
            "  for pid in $criu $numbers $(marked); do",
            "    started \"$pid\" && [ \"$since\" -ge \"$own\" ] && left=\"$left $pid\"",
            "  done",
            "  [ -n \"$left\" ] || [ $round -lt 3 ] || break",
            "  kill -KILL $left 2>/dev/null",
            "  sleep 0.1",
            "done",
            "while read -r device point rest; do",
            "  case $point in \"$work\"/*) umount -l \"$point\" ;; esac",
            "done </proc/self/mounts 2>/dev/null",
            "rm -rf --one-file-system \"$work\"");

    private final DeathWatch watch;

    private RestoreWatch(DeathWatch watch) {
        this.watch = watch;
    }

    /** @param numbers of the image that criu is going to make processes of */
    static RestoreWatch start(WorkDirectory work, List<Integer> numbers) {
        StringBuilder list = new StringBuilder();
        for (int number : numbers) {
            list.append(number).append('\n');
        }
        FileCalls.writeFile(work.file("numbers"), list.toString().getBytes(StandardCharsets.US_ASCII), 0600);
        return new RestoreWatch(DeathWatch.start("thaw-restore-watch", SCRIPT, List.of(work.path())));
    }

    /** @return what criu's environment has to have, {@code KEY=VALUE} */
    static String mark(WorkDirectory work) {
        return MARK + "=" + work.path();
    }

    /** Not to be ended with what is half restored. */
    int pid() {
        return watch.pid();
    }

    /** criu runs now. */
    void criu(int pid) {
        watch.tell(Integer.toString(pid));
    }

    /** thaw itself knows how it went, and has cleaned up if that was to be done. */
    @Override
    public void close() {
        watch.close();
    }
}
