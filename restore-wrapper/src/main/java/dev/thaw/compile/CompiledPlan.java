package dev.thaw.compile;

import dev.thaw.criu.KeptFindings;
import dev.thaw.criu.ShortStart;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a program needs to know to carry out a plan, and to see that it still holds.
 *
 * @param generation absolute path of the directory with the images
 * @param directory absolute path of the directory that belongs to the program
 * @param numbers pids and thread ids that have to be free
 * @param machine that the plan was made on
 * @param capabilities permitted to whom the plan was made for, 16 hexadecimal digits
 * @param cgroup where files of the image lie in a cgroup
 * @param marks files that mean, when they are there, that the plan is not what is wanted
 * @param files images, criu and programs that the plan was made for
 * @param fingerprint what {@code stat(1)} says of each of those files, in {@link #FORMAT}
 * @param criu path of the engine
 * @param engine words that start it, before its arguments
 * @param attendable whether a process with its signals blocked can take over while criu works ({@code env --block-signal})
 * @param lockable whether criu can be started with the generation locked, so that no checkpoint removes it ({@link #LOCK})
 * @param shortStart whether criu can be started without its probes
 * @param namespace the pid namespace that the application can be given; empty where that is left to the planner
 * @param record the launch record of the application, without its start, the boot and the time
 * @param streams streams of the caller that the plan uses
 */
public record CompiledPlan(String generation, String directory, int rootPid, List<Integer> numbers, Machine machine, String capabilities,
        Optional<OwnCgroup> cgroup, List<String> marks, List<String> files, List<String> fingerprint, String criu, List<String> engine, boolean attendable,
        boolean lockable, ShortStart.Decision shortStart, Optional<FreshNamespace> namespace, String record, Set<Integer> streams,
        List<Variant> variants) {
    /** Name of the program, beside the images. */
    public static final String PROGRAM = "restore.sh";
    /** Name of the directory beside it with what the program uses. */
    public static final String DIRECTORY = "restore.d";
    /** Name in there of the list of what the plan relies on, see {@link RestoreProgram#files}. */
    public static final String FILES = "files";
    /** Name in there of the script that criu runs. */
    public static final String PROOF = "proof";
    /** Becomes the program behind it with a directory locked that is named between them (util-linux). The lock ends with the program. */
    public static final String LOCK = "/usr/bin/flock --shared --nonblock --no-fork --";
    /** Mode, owner, size in bytes, inode, time of the last change of the content with nanoseconds; links not followed. The script thaw has the same. */
    static final String FORMAT = "%f %u %s %i %.9Y";

    public CompiledPlan {
        numbers = List.copyOf(numbers);
        marks = List.copyOf(marks);
        files = List.copyOf(files);
        fingerprint = List.copyOf(fingerprint);
        engine = List.copyOf(engine);
        streams = Set.copyOf(streams);
        variants = List.copyOf(variants);
    }

    /**
     * What of a machine has to be as it was.
     *
     * @param bootId of the kernel that runs ({@code /proc/sys/kernel/random/boot_id})
     * @param isKept whether the plan holds after a reboot as well: the application gets its own clocks again
     * @param kernel its release
     * @param processor the line of {@code /proc/cpuinfo} that says what it can do, as it is there
     */
    public record Machine(String bootId, boolean isKept, String kernel, String processor) {}

    String proof() {
        return directory + "/" + PROOF;
    }

    /** Where what criu has found out about the kernel is kept. */
    public String findings() {
        return directory + "/" + KeptFindings.DIRECTORY;
    }
}
