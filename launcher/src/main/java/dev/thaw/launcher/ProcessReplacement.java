package dev.thaw.launcher;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Replaces this JVM by a program. What is changed before the last call is put back when that fails. */
final class ProcessReplacement {
    private ProcessReplacement() {}

    /**
     * @param numbers number in the program → number here
     * @throws NotStartable when the program cannot be executed
     */
    static void replace(SpawnPlan plan, SortedMap<Integer, Integer> numbers) {
        if (plan.session() == SessionPolicy.NEW && ProcessCalls.getsid(0) != ProcessCalls.getpid()) {
            ProcessCalls.setsid();
        }
        plan.directory().ifPresent(FileCalls::chdir);
        if (plan.noFileSoftLimit().isPresent()) {
            long hard = ProcessCalls.noFileLimit().hard();
            ProcessCalls.setNoFileLimit(new ProcessCalls.Limit(plan.noFileSoftLimit().getAsLong(), hard));
        }
        defaultSignals(plan);
        List<OwnedFd> lifted = new ArrayList<>();
        SortedMap<Integer, OwnedFd> displaced = new TreeMap<>();
        int end = numbers.lastKey() + 1;
        for (Map.Entry<Integer, Integer> number : numbers.entrySet()) {
            lifted.add(FdCalls.duplicate(number.getValue(), end));
            if (FdCalls.isOpen(number.getKey())) {
                displaced.put(number.getKey(), FdCalls.duplicate(number.getKey(), end));
            }
        }
        try {
            // From here to execve the JVM may miss a file of its own, so no class may be needed for the first time.
            FdCalls.closeRange(0, -1, FdCalls.CLOSE_RANGE_CLOEXEC);
            int i = 0;
            for (int number : numbers.keySet()) {
                FdCalls.dup2(lifted.get(i++).number(), number);
            }
            execute(plan);
        } catch (LinuxException e) {
            displaced.forEach((number, fd) -> FdCalls.dup2(fd.number(), number));
            lifted.forEach(OwnedFd::close);
            displaced.values().forEach(OwnedFd::close);
            throw NotStartable.of(plan.argv().get(0), e);
        }
    }

    private static void execute(SpawnPlan plan) {
        try {
            ProcessCalls.execve(plan.program(), plan.argv(), plan.environment());
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOEXEC)) {
                throw e;
            }
            List<String> argv = PreparedLaunch.throughShell(plan);
            ProcessCalls.execve(argv.get(0), argv, plan.environment());
        }
    }

    /** execve resets handlers by itself; what is ignored stays so. */
    private static void defaultSignals(SpawnPlan plan) {
        for (int signal : StatusFile.read(ProcessCalls.getpid()).ignoredSignals()) {
            if (!plan.ignoredSignals().contains(signal) && signal < Signals.SIGSYS) {
                ProcessCalls.setSignalDefault(signal);
            }
        }
    }
}
