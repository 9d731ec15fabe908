package dev.thaw.it.start;

import dev.thaw.it.Await;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import java.nio.charset.StandardCharsets;

/** A criu whose restore stops at a step, or before it has begun, until somebody ends it; or does something else there. */
final class StoppingCriu {
    private StoppingCriu() {}

    /** @param step of criu's action scripts, or "before" */
    static String at(Scratch scratch, String step) {
        return step.equals("before") ? beginning(scratch, "restore", "echo $$ >" + scratch.path("at") + "; exec sleep 1000")
                : doing(scratch, "restore", step, "echo $PPID >" + scratch.path("at") + "\nwhile kill -0 $PPID; do sleep 0.1; done\nexit 1");
    }

    /** @param commands of sh, run before criu begins with {@code verb} */
    static String beginning(Scratch scratch, String verb, String commands) {
        return script(scratch, "criu", "[ \"$1\" != " + verb + " ] || { " + commands + "; }\nexec " + CriuOnHost.path() + " \"$@\"\n");
    }

    /** @param commands of sh, run at this step of criu's; $CRTOOLS_INIT_PID is the pid of the root */
    static String doing(Scratch scratch, String verb, String step, String commands) {
        String action = script(scratch, "action", "[ \"$CRTOOLS_SCRIPT_ACTION\" = " + step + " ] || exit 0\n" + commands + "\n");
        return script(scratch, "criu", "[ \"$1\" = " + verb + " ] || exec " + CriuOnHost.path() + " \"$@\"\nexec " + CriuOnHost.path()
                + " \"$@\" --action-script " + action + "\n");
    }

    /** Waits until it has stopped. @return criu's pid, in the pid namespace that it is in */
    static int await(Scratch scratch, ThawProcess thaw) {
        Await.until("criu at its step: " + thaw.err(),
                () -> FileCalls.statIfExists(scratch.path("at")).isPresent() && scratch.read("at").endsWith("\n"));
        return Integer.parseInt(scratch.read("at").strip());
    }

    private static String script(Scratch scratch, String name, String text) {
        FileCalls.writeFile(scratch.path(name), ("#!/bin/sh\n" + text).getBytes(StandardCharsets.UTF_8), 0700);
        return scratch.path(name);
    }
}
