package dev.thaw.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** Program of tests that need a JVM of their own: what it does would change or end the JVM of the tests. */
public final class ChildJvm {

    private ChildJvm() {
    }

    /** A launch of this program with a task; standard error goes to ours. */
    static Launch launch(String... task) {
        List<String> options = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED", "-Djna.nosys=true", "-cp", System.getProperty("java.class.path"),
            ChildJvm.class.getName());
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of(task));
        return Launch.program(System.getProperty("java.home") + "/bin/java", arguments.toArray(new String[0])).with(0, 0).with(2, 2);
    }

    public static void main(String[] task) {
        switch (task[0]) {
            case "environment" -> print(String.join("\n", ProcessCalls.environment()));
            case "exec" -> exec();
            case "pass-on" -> passOn();
            case "ignored" -> spawnIgnoring();
            case "foreground" -> foreground();
            case "session" -> session();
            default -> throw new IllegalArgumentException(task[0]);
        }
        System.exit(0);
    }

    private static void print(String text) {
        FileCalls.writeFully(1, KernelString.encode(text + "\n"));
    }

    // The pid stays, and of the descriptors only those asked for.
    private static void exec() {
        print(Integer.toString(ProcessCalls.getpid()));
        FdCalls.closeRange(3, -1, FdCalls.CLOSE_RANGE_CLOEXEC);
        ProcessCalls.execve("/bin/sh", List.of("sh", "-c", "echo $$ $X; ls /proc/$$/fd; exec grep SigBlk /proc/self/status"),
            List.of("X=replaced", "PATH=/usr/bin:/bin"));
    }

    private static void passOn() {
        System.exit(spawn(false, PosixSpawn.Session.SAME, OptionalInt.empty(), "ls -l /proc/$$/fd").exitCode());
    }

    private static void spawnIgnoring() {
        ProcessCalls.setSignalIgnored(Signals.SIGUSR2);
        ProcessCalls.setSignalIgnored(Signals.SIGALRM);
        spawn(true, PosixSpawn.Session.SAME, OptionalInt.empty(), "exec cat /proc/self/status");
    }

    // Runs in a session of its own whose controlling terminal is descriptor 0.
    private static void foreground() {
        int group = ProcessCalls.getpgid(0);
        print("before " + (TerminalCalls.foregroundGroup(0) == group));
        spawn(true, PosixSpawn.Session.NEW_GROUP, OptionalInt.of(0), "exec cat /proc/self/stat");
        print("meanwhile " + (TerminalCalls.foregroundGroup(0) == group));
        TerminalCalls.setForegroundGroup(0, group);
        print("after " + (TerminalCalls.foregroundGroup(0) == group));
        TerminalCalls.setAttributes(0, TerminalCalls.attributes(0));
        print("session " + (TerminalCalls.sessionOf(0) == ProcessCalls.getsid(0)));
    }

    private static void session() {
        print("leads " + (ProcessCalls.setsid() == ProcessCalls.getpid()));
        try {
            ProcessCalls.setsid();
        } catch (LinuxException e) {
            print(e.getMessage());
        }
        try (TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
             OwnedFd slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY)) {
            ProcessCalls.setSignalIgnored(Signals.SIGHUP);
            TerminalCalls.setControllingTerminal(slave.number());
            print("controlled " + (TerminalCalls.sessionOf(slave.number()) == ProcessCalls.getpid()));
        }
    }

    private static WaitStatus spawn(boolean closeOthers, PosixSpawn.Session session, OptionalInt terminal, String script) {
        TreeMap<Integer, Integer> descriptors = new TreeMap<>();
        for (int fd = 0; fd <= 2; fd++) {
            descriptors.put(fd, fd);
        }
        int pid = PosixSpawn.spawn(new PosixSpawn.Request("sh", List.of("sh", "-c", script), ProcessCalls.environment(), descriptors,
            session, Optional.empty(), closeOthers, Set.of(Signals.SIGUSR2), OptionalLong.empty(), terminal));
        return Launch.end(pid);
    }
}
