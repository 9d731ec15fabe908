package dev.thaw.it.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An application that holds a file of its cgroup open for life, and tells what it reads there: {@code beat 1 limit 111} on standard output,
 * and before that {@code told 1} on standard error.
 */
final class LimitTeller {
    static final String SCRIPT = """
            import itertools, os, time
            with open('/proc/self/cgroup') as memberships:
                own = next(line.rstrip('\\n')[3:] for line in memberships if line.startswith('0::'))
            limit = open(os.path.normpath('/sys/fs/cgroup' + own) + '/cgroup.max.descendants')
            for beat in itertools.count(1):
                os.write(2, b'told %d\\n' % beat)
                limit.seek(0)
                print('beat', beat, 'limit', limit.read().strip(), flush=True)
                time.sleep(0.05)
            """;

    private LimitTeller() {}

    /** The number in one of its lines. */
    static int beat(String line) {
        return Integer.parseInt(line.split(" ")[1]);
    }

    /** Its own lines among those of thaw and the runtime. */
    static List<String> told(String stderr) {
        return stderr.lines().filter(line -> line.contains("told ")).collect(Collectors.toList());
    }

    /** From its first line to its last, none is missing, cut or there twice. */
    static void assertAllTold(String before, String after) {
        assertFalse(told(after).isEmpty(), after);
        List<String> all = Stream.of(before, after).flatMap(text -> told(text).stream()).collect(Collectors.toList());
        assertEquals(IntStream.rangeClosed(1, all.size()).mapToObj(beat -> "told " + beat).collect(Collectors.toList()), all);
    }
}
