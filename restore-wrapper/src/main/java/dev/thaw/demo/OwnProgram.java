package dev.thaw.demo;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.List;

/** This program's own command line, to start it or another main class of the same jars again. */
final class OwnProgram {
    private OwnProgram() {}

    /** Everything before the main class: the java, its options, the class path. */
    static List<String> javaUpTo(String mainClass) {
        List<String> all = ProcessTable.arguments(ProcessCalls.getpid());
        int at = all.indexOf(mainClass);
        if (at < 0) {
            throw new IllegalStateException("not started by its main class: " + all);
        }
        return new ArrayList<>(all.subList(0, at));
    }
}
