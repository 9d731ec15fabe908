package dev.thaw.it.container;

/** An application that holds a file of its cgroup open for life, and tells what it reads there: {@code beat 1 limit 111}. */
final class LimitTeller {
    static final String SCRIPT = """
            import itertools, os, time
            with open('/proc/self/cgroup') as memberships:
                own = next(line.rstrip('\\n')[3:] for line in memberships if line.startswith('0::'))
            limit = open(os.path.normpath('/sys/fs/cgroup' + own) + '/cgroup.max.descendants')
            for beat in itertools.count(1):
                limit.seek(0)
                print('beat', beat, 'limit', limit.read().strip(), flush=True)
                time.sleep(0.05)
            """;

    private LimitTeller() {}

    /** The number in one of its lines. */
    static int beat(String line) {
        return Integer.parseInt(line.split(" ")[1]);
    }
}
