package dev.thaw.launcher;

import dev.thaw.fdbroker.DescriptorDescription;
import java.util.List;

/**
 * What is known of a process that thaw started, for whoever checkpoints it.
 *
 * @param format of this record
 * @param name given by {@code --name}, or empty
 * @param pid in thaw's pid namespace
 * @param startTicks when it started, clock ticks since the boot: with the pid and the boot it names this one process
 * @param bootId of the running kernel
 * @param started by the wall clock, ISO 8601
 * @param command program and arguments
 * @param program the file that is executed
 * @param directory its working directory
 * @param session NEW or SAME
 * @param descriptors those it was given; there were no others
 * @param inBroker those of them that the broker keeps too
 * @param beside of an auxiliary process: the name of the application that it was started beside; else empty
 */
public record LaunchRecord(
        int format,
        String name,
        int pid,
        long startTicks,
        String bootId,
        String started,
        List<String> command,
        String program,
        String directory,
        SessionPolicy session,
        List<DescriptorDescription> descriptors,
        List<Deposited> inBroker,
        String beside) {
    public static final int FORMAT = 1;

    /** In the environment of auxiliary processes, and so of all that they start. */
    private static final String BESIDE_VARIABLE = "THAW_BESIDE";

    public LaunchRecord {
        command = List.copyOf(command);
        descriptors = List.copyOf(descriptors);
        // Records of former versions have none.
        inBroker = inBroker == null ? List.of() : List.copyOf(inBroker);
        beside = beside == null ? "" : beside;
    }

    /** Of an application. */
    public LaunchRecord(
            int format, String name, int pid, long startTicks, String bootId, String started, List<String> command, String program, String directory,
            SessionPolicy session, List<DescriptorDescription> descriptors, List<Deposited> inBroker) {
        this(format, name, pid, startTicks, bootId, started, command, program, directory, session, descriptors, inBroker, "");
    }

    /** Of an application with nothing at the broker. */
    public LaunchRecord(
            int format, String name, int pid, long startTicks, String bootId, String started, List<String> command, String program, String directory,
            SessionPolicy session, List<DescriptorDescription> descriptors) {
        this(format, name, pid, startTicks, bootId, started, command, program, directory, session, descriptors, List.of());
    }

    /** {@code KEY=VALUE} by which those that were started beside this process are known, whoever their parent is by then. */
    public static String besideEntry(int pid, long startTicks) {
        return BESIDE_VARIABLE + "=" + pid + ":" + startTicks;
    }

    /** The same process, known as an auxiliary one of this application. */
    public LaunchRecord besideApplication(String application) {
        return new LaunchRecord(format, name, pid, startTicks, bootId, started, command, program, directory, session, descriptors, inBroker, application);
    }
}
