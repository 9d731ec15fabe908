package dev.thaw.run;

import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.launcher.Caller;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.Launcher;
import dev.thaw.launcher.PreparedLaunch;
import dev.thaw.launcher.Program;
import dev.thaw.launcher.SpawnPlan;
import dev.thaw.launcher.SpawnPlanner;
import dev.thaw.launcher.SpawnPlanning;
import dev.thaw.linux.FileCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;

/** From what is to be started to all that its start needs. */
public final class Preparation {
    private Preparation() {}

    /**
     * Plans a start and opens what it needs; the caller owns the result.
     *
     * @param environment of thaw
     * @throws Failure when it cannot be started
     */
    public static PreparedLaunch of(LaunchSpec spec, List<String> environment, SourceOpener opener) {
        return StartFailures.explained(() -> new Launcher(opener).prepare(plan(spec, environment), ""));
    }

    static SpawnPlan plan(LaunchSpec spec, List<String> environment) {
        spec.directory().ifPresent(Preparation::checkDirectory);
        Caller caller = Caller.look(spec, environment);
        Program program = Program.find(spec.command().get(0), SpawnPlanner.environment(spec, caller), spec.directory());
        SpawnPlanning planning = SpawnPlanner.plan(spec, caller, program);
        if (planning instanceof SpawnPlanning.Rejected rejected) {
            throw StartFailures.of(rejected);
        }
        return ((SpawnPlanning.Ready) planning).plan();
    }

    private static void checkDirectory(String directory) {
        if (!FileCalls.isExecutable(directory + "/.")) {
            throw Failure.of(ExitCode.FAILURE, "--chdir " + directory, "there is no such directory, or it cannot be entered");
        }
    }
}
