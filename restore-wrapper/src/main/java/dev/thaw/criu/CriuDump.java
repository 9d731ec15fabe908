package dev.thaw.criu;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A call of {@code criu dump}.
 *
 * @param pid root of the tree
 * @param images directory for the images; absolute, as all paths here
 * @param work directory for the log and the statistics. Not that of the images: a criu that fails may leave cgroups mounted there
 * @param leaveRunning whether the tree goes on running afterwards
 * @param freezeSeconds criu gives up when it cannot stop all tasks within this time; 10 when empty
 * @param actionScript called by criu at each stage; empty for none
 * @param options those that this tree needs, and those of the user last
 */
public record CriuDump(
        int pid, String images, String work, boolean leaveRunning, OptionalInt freezeSeconds, String actionScript, List<String> options) {
    public static final String LOG = "dump.log";

    public CriuDump {
        options = List.copyOf(options);
    }

    /** Arguments, the program's name first. */
    public List<String> arguments(String criu) {
        List<String> arguments = new ArrayList<>(List.of(criu, "dump", "--tree", Integer.toString(pid), "--images-dir", images, "--work-dir", work,
                // Level 4, as only there the log says what criu does; a criu.conf of the host must not change what a plan means.
                "--log-file", LOG, "-v4", "--no-default-config",
                // What cgroup the tree is in is not criu's concern: its default would move a restored tree back to the old one.
                "--manage-cgroups=ignore"));
        if (leaveRunning) {
            arguments.add("--leave-running");
        }
        freezeSeconds.ifPresent(seconds -> arguments.addAll(List.of("--timeout", Integer.toString(seconds))));
        if (!actionScript.isEmpty()) {
            arguments.addAll(List.of("--action-script", actionScript));
        }
        arguments.addAll(options);
        return arguments;
    }
}
