package dev.thaw.demo;

import dev.thaw.criu.CriuBinary;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.WorkDirectory;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The whole story on this machine: an application is frozen, its world changes, criu alone cannot bring it back, thaw does. */
public final class Demo {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int ENOUGH_BEATS = 8;

    private final PrintStream out;
    private final CriuBinary criu;
    private final String mainClass;
    private final List<String> environment;

    /** @param mainClass the class that this program was started by */
    public Demo(PrintStream out, CriuBinary criu, String mainClass, List<String> environment) {
        this.out = out;
        this.criu = criu;
        this.mainClass = mainClass;
        this.environment = environment;
    }

    /** @return {@link ExitCode#OK} when every byte arrived */
    public int run() {
        ProcessCalls.setChildSubreaper(true);
        Optional<DemoCgroups> cgroups = DemoCgroups.create();
        try (WorkDirectory work = WorkDirectory.create(name -> Optional.empty())) {
            say("thaw demo: a JVM writes to a pipe and a log, and holds a cgroup file open read-only.");
            say("It works in " + work.path() + " with " + criu.path() + " " + criu.version() + ", and removes all of it at the end.");
            if (cgroups.isEmpty()) {
                say("(There is no cgroup2 tree to write to here, so the cgroup part is left out.)");
            }
            return new Story(work, cgroups).tell();
        } finally {
            cgroups.ifPresent(DemoCgroups::close);
        }
    }

    private void say(String text) {
        out.println(text);
        out.flush();
    }

    /** One telling; holds what the chapters have in common. */
    private final class Story {
        private final String log;
        private final String image;
        private final String pidFile;
        private final Optional<DemoCgroups> cgroups;
        private int applicationPid;
        private int lastBeat;

        Story(WorkDirectory work, Optional<DemoCgroups> cgroups) {
            this.log = work.file("app.log");
            this.image = work.file("image");
            this.pidFile = work.file("app.pid");
            this.cgroups = cgroups;
        }

        int tell() {
            try {
                start();
                checkpoint();
                changeTheWorld();
                criuAlone();
                return restore();
            } finally {
                if (applicationPid != 0 && ProcessCalls.exists(applicationPid)) {
                    ProcessCalls.kill(applicationPid, Signals.SIGKILL);
                    Processes.reap(applicationPid);
                }
            }
        }

        private void start() {
            List<String> java = OwnProgram.javaUpTo(mainClass);
            List<String> command = new ArrayList<>(List.of("run", "--detach", "--pid-file", pidFile, "--stdin", "null", "--"));
            command.addAll(java);
            command.addAll(List.of(Heartbeat.class.getName(), log));
            cgroups.ifPresent(groups -> command.add(groups.before() + "/" + DemoCgroups.LIMIT_FILE));
            say("\n1. Start it:  thaw run --detach -- java Heartbeat app.log " + (cgroups.isPresent() ? DemoCgroups.LIMIT_FILE : ""));
            try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                    LineReader reader = new LineReader(OwnedFd.of(pipe.reader().release()))) {
                expectOk(thaw(command, pipe.writer().number(), groupBefore()), "thaw run");
                applicationPid = Integer.parseInt(text(pidFile).trim());
                pipe.writer().close();
                List<String> lines = reader.await(ENOUGH_BEATS, LIMIT);
                show("its output, through the pipe", lines, 2);
                say("\n2. Freeze it:  thaw checkpoint " + applicationPid + " image");
                expectOk(thaw(List.of("checkpoint", Integer.toString(applicationPid), image), 2, Optional.empty()), "thaw checkpoint");
                lastBeat = beat(reader.rest());
                say("   It is on disk now, and gone; the last line it wrote was beat " + lastBeat + ".");
            }
        }

        private void checkpoint() {
            Processes.reap(applicationPid);
        }

        private void changeTheWorld() {
            say("\n3. Take its world away: the pipe's reader, the log" + (cgroups.isPresent() ? ", the cgroup." : "."));
            FileCalls.rename(log, log + ".1");
            cgroups.ifPresent(DemoCgroups::removeBefore);
        }

        private void criuAlone() {
            say("\n4. What criu alone makes of it:  criu restore -d -D image/current");
            List<String> argv = List.of(criu.path(), "restore", "--restore-detached", "--restore-sibling", "--manage-cgroups=ignore",
                    "--no-default-config", "-D", image + "/current", "-W", directory(image), "-o", "criu-alone.log", "-v2");
            WaitStatus status = Processes.run(argv, environment, 2, Optional.empty(), LIMIT);
            if (status.exitCode() != 0) {
                say("   It fails: " + lastError(directory(image) + "/criu-alone.log"));
            } else {
                Optional<WaitStatus> ended = ProcessCalls.waitPid(applicationPid, Duration.ofSeconds(2));
                say("   It reports success, and the application " + ended.map(how -> "has ended with status " + how.exitCode())
                        .orElse("writes into a pipe that nobody reads"));
                Processes.kill(applicationPid);
            }
            Processes.awaitGone(applicationPid, LIMIT);
        }

        private int restore() {
            say("\n5. thaw restore image, with another pipe" + (cgroups.isPresent() ? ", in another cgroup:" : ":"));
            try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                    LineReader reader = new LineReader(OwnedFd.of(pipe.reader().release()))) {
                Processes.run(thawLine(List.of("plan", image)), environment, pipe.writer().number(), groupAfter(), LIMIT);
                expectOk(thaw(List.of("restore", "--detach", "--settle", "100ms", "--pid-file", pidFile, image), pipe.writer().number(),
                        groupAfter()), "thaw restore");
                pipe.writer().close();
                List<String> all = reader.await(Integer.MAX_VALUE, Duration.ofMillis(600));
                List<String> plan = all.stream().filter(line -> !line.startsWith("beat ")).toList();
                List<String> beats = all.stream().filter(line -> line.startsWith("beat ")).toList();
                plan.forEach(line -> say("   " + line));
                show("its output, through the new pipe", beats, 2);
                return verdict(beats);
            }
        }

        private int verdict(List<String> beats) {
            int first = beats.isEmpty() ? -1 : beat(beats.subList(0, 1));
            boolean continuous = first == lastBeat + 1;
            for (int i = 1; i < beats.size(); i++) {
                continuous &= beat(beats.subList(i, i + 1)) == first + i;
            }
            boolean newLimit = cgroups.isEmpty() || !beats.isEmpty() && beats.get(beats.size() - 1).endsWith("limit 222");
            boolean newLog = text(log).startsWith("beat " + (lastBeat + 1));
            say("\n6. Each byte: beat " + lastBeat + " was the last through the old pipe, beat " + first + " the first through the new one"
                    + (continuous ? ", none lost, none doubled." : ": NOT continuous."));
            say("   The rotated log " + (newLog ? "goes on in a new file with beat " + (lastBeat + 1) + "." : "did NOT go on."));
            cgroups.ifPresent(groups -> say("   The limit it reads is " + (newLimit ? "the new cgroup's: 222 instead of 111." : "NOT the new one.")));
            return continuous && newLimit && newLog ? ExitCode.OK : ExitCode.CRIU;
        }

        private WaitStatus thaw(List<String> arguments, int stdout, Optional<String> cgroup) {
            return Processes.run(thawLine(arguments), environment, stdout, cgroup, LIMIT);
        }

        private List<String> thawLine(List<String> arguments) {
            List<String> line = OwnProgram.javaUpTo(mainClass);
            line.add(mainClass);
            line.addAll(arguments);
            if (!arguments.get(0).equals("plan") && !arguments.get(0).equals("run")) {
                line.addAll(List.of("--criu", criu.path()));
            }
            return line;
        }

        private Optional<String> groupBefore() {
            return cgroups.map(DemoCgroups::before);
        }

        private Optional<String> groupAfter() {
            return cgroups.map(DemoCgroups::after);
        }
    }

    private void show(String what, List<String> lines, int count) {
        say("   " + what + ":");
        lines.subList(0, Math.min(count, lines.size())).forEach(line -> say("      " + line));
        say("      ...");
    }

    private static int beat(List<String> lines) {
        return lines.isEmpty() ? 0 : Integer.parseInt(lines.get(lines.size() - 1).split(" ")[1]);
    }

    private static String directory(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    private static String text(String path) {
        return FileCalls.statIfExists(path).isPresent() ? KernelString.decode(FileCalls.readAll(path)) : "";
    }

    private static String lastError(String log) {
        String found = "";
        for (String line : text(log).split("\n")) {
            // The limit of open files, and what only says that it all failed.
            if (line.contains("Error") && !line.contains("RLIMIT_NOFILE") && found.isEmpty()) {
                found = line.substring(line.indexOf("Error"));
            }
        }
        return found;
    }

    private static void expectOk(WaitStatus status, String what) {
        if (status.exitCode() != 0) {
            throw new Failure(ExitCode.FAILURE, "the demo stopped: " + what + " ended with status " + status.exitCode(),
                    List.of("its own message is above"), List.of("thaw check host"));
        }
    }
}
