package dev.thaw.it.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.proc.ProcessStat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code thaw check pid} only looks. */
@IntegrationTest
class NobodyStoppedIT {

    /**
     * A process that sleeps has to run to be stopped, frozen or traced, however briefly: the kernel counts that as a context switch. So equal
     * counts say more than any look at states while the check is at work.
     */
    @Test
    void a_check_of_a_large_tree_lets_each_process_of_it_sleep_on(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String pids = puppet.eval("""
                    for i in range(50): os.pipe()
                    many = []
                    for i in range(100):
                        pid = os.fork()
                        if pid == 0:
                            while True: time.sleep(1000)
                        many.append(pid)
                    ' '.join(map(str, many))""");
            List<Integer> sleepers = Stream.of(pids.split(" ")).map(Integer::valueOf).toList();
            Await.until("all of the tree sleeps", () -> sleepers.stream().allMatch(pid -> state(pid) == 'S'));
            Map<Integer, String> before = switches(sleepers);
            assertFalse(before.containsValue(""), "this kernel does not count context switches");

            ThawProcess.run(scratch, "check", "pid", "" + puppet.pid()).expect(0);

            assertEquals(before, switches(sleepers));
            assertEquals(List.of(), sleepers.stream().filter(pid -> state(pid) != 'S').toList());
        }
    }

    private static char state(int pid) {
        return ProcessStat.read(pid).orElseThrow().state();
    }

    /** By pid: how often it has run. */
    private static Map<Integer, String> switches(List<Integer> pids) {
        Map<Integer, String> counts = new TreeMap<>();
        for (int pid : pids) {
            String status = KernelString.decode(FileCalls.readAll("/proc/" + pid + "/status"));
            counts.put(pid, status.lines().filter(line -> line.contains("_ctxt_switches:")).collect(Collectors.joining(" ")));
        }
        return counts;
    }
}
