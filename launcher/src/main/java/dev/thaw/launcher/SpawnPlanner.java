package dev.thaw.launcher;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.Source.How;
import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.launcher.SpawnPlan.Remark;
import dev.thaw.launcher.SpawnPlanning.Kind;
import dev.thaw.launcher.SpawnPlanning.Problem;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** From what was asked, what the caller gave and what program it is to what will be done. Pure: looks at nothing else, changes nothing. */
public final class SpawnPlanner {
    private static final List<String> OPTION = List.of("--stdin", "--stdout", "--stderr");

    private final LaunchSpec spec;
    private final Caller caller;
    private final SortedMap<Integer, Supply> supplies = new TreeMap<>();
    private final List<Remark> remarks = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    private SpawnPlanner(LaunchSpec spec, Caller caller) {
        this.spec = spec;
        this.caller = caller;
    }

    /** The child's environment but for hints; the program is searched in its PATH. */
    public static List<String> environment(LaunchSpec spec, Caller caller) {
        List<String> environment = new ArrayList<>(caller.environment());
        environment.removeIf(entry -> entry.startsWith(Caller.CLOSED_STREAMS + "="));
        for (String variable : spec.variables()) {
            String prefix = variable.substring(0, variable.indexOf('=') + 1);
            environment.removeIf(entry -> entry.startsWith(prefix));
            environment.add(variable);
        }
        return List.copyOf(environment);
    }

    public static SpawnPlanning plan(LaunchSpec spec, Caller caller, Program program) {
        return new SpawnPlanner(spec, caller).plan(program);
    }

    private SpawnPlanning plan(Program program) {
        for (int number = 0; number <= 2; number++) {
            stream(number, sourceOf(number));
        }
        spec.kept().stream().sorted().forEach(this::keep);
        spec.opens().forEach(this::open);
        if (supplies.containsValue(new Supply.Terminal())) {
            checkTerminal();
        }
        if (!problems.isEmpty()) {
            return new SpawnPlanning.Rejected(problems);
        }
        RuntimeHints.Result hints = hints(program);
        SocketActivation activation = caller.activation();
        boolean activated = !activation.numbers().isEmpty() && spec.kept().containsAll(activation.numbers());
        return new SpawnPlanning.Ready(new SpawnPlan(
                activated ? "/bin/sh" : program.path(),
                activated ? activation.commandLine(program.path(), spec.command()) : spec.command(),
                new SpawnPlan.Asked(program.path(), spec.command()),
                hints.environment(),
                supplies,
                spec.session(),
                spec.directory(),
                // Nothing but nohup's: a program that is to be restored starts with defaults.
                caller.ignoredSignals().contains(Signals.SIGHUP) ? Set.of(Signals.SIGHUP) : Set.of(),
                caller.noFileSoftLimit(),
                remarks));
    }

    private Source sourceOf(int number) {
        Source source = spec.streams().get(number);
        if (source == null) {
            boolean inherits = number > 0 || caller.stdinIsForegroundTerminal() && !spec.detached();
            source = inherits ? new Source.Inherit() : new Source.Null();
            if (number == 0 && caller.closedStreams().contains(0)) {
                remarkClosed(0);
            }
        }
        if (source instanceof Source.Inherit && caller.closedStreams().contains(number)) {
            remarkClosed(number);
            return new Source.Null();
        }
        return source;
    }

    private void remarkClosed(int number) {
        String what = "descriptor " + number + " is closed in the caller; the command gets /dev/null there";
        Remark remark = new Remark(true, what, "the next file it opened would become its descriptor " + number);
        if (!remarks.contains(remark)) {
            remarks.add(remark);
        }
    }

    private void stream(int number, Source source) {
        int access = number == 0 ? OpenFlags.O_RDONLY : OpenFlags.O_WRONLY;
        if (source instanceof Source.Inherit) {
            supplies.put(number, callers(number, number));
        } else if (source instanceof Source.Descriptor descriptor) {
            if (present(descriptor.number(), OPTION.get(number))) {
                supplies.put(number, callers(number, descriptor.number()));
            }
        } else if (source instanceof Source.Null || source instanceof Source.Broker || source instanceof Source.Journal && number > 0) {
            supplies.put(number, new Supply.Opened(source, access));
        } else if (source instanceof Source.Open open && open.how() != How.AS_RECORDED) {
            streamFrom(open, number);
        } else if (source instanceof Source.SameAsStdout && number == 2) {
            supplies.put(number, new Supply.SameAs(1));
        } else if (source instanceof Source.Pty) {
            supplies.put(number, new Supply.Terminal());
        } else {
            problem(Kind.USAGE, option(number, source) + " has no meaning for a command that is started", "", "thaw run --help");
        }
    }

    private void streamFrom(Source.Open open, int number) {
        boolean fits = open.how() == How.READ_WRITE || (open.how() == How.READ) == (number == 0);
        if (!fits) {
            problem(Kind.USAGE, option(number, open) + " cannot be " + (number == 0 ? "read" : "written"), "", "thaw run --help");
            return;
        }
        // See Supply.CallersAppending for why a file that is written from its start gets O_APPEND as well.
        int append = open.how() == How.TRUNCATE ? OpenFlags.O_APPEND : 0;
        supplies.put(number, new Supply.OpenedPath(open.path(), SourceOpener.flags(open.how()) | append, option(number, open)));
    }

    /** The caller's descriptor {@code from} as the child's {@code number}. */
    private Supply callers(int number, int from) {
        DescriptorDescription given = caller.descriptors().get(from);
        boolean writable = given != null && (given.flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_RDONLY;
        if (number == 0 || !writable || !given.kind().equals("file") || (given.flags() & OpenFlags.O_APPEND) != 0) {
            return new Supply.Callers(from);
        }
        remarks.add(new Remark(
                false,
                "descriptor " + from + " (" + given.link() + ") is switched to append",
                "a file that grows after a checkpoint can only be restored when it is written with O_APPEND"));
        return new Supply.CallersAppending(from);
    }

    private void keep(int number) {
        if (number < 0) {
            problem(Kind.USAGE, "--keep-fd " + number + " is no descriptor", "", "thaw run --help");
        } else if (number <= 2) {
            problem(Kind.USAGE, "--keep-fd " + number + ": 0, 1 and 2 are not kept but given", "", OPTION.get(number) + " inherit");
        } else if (present(number, "--keep-fd")) {
            supplies.put(number, new Supply.Callers(number));
        }
    }

    private void open(OpenRequest request) {
        String option = "--open " + request.number() + "=" + request.path();
        if (request.number() <= 2) {
            problem(Kind.USAGE, option + ": 0, 1 and 2 are the streams", "", OPTION.get(request.number()) + " rw:" + request.path());
        } else if (supplies.containsKey(request.number())) {
            problem(Kind.USAGE, option + ": descriptor " + request.number() + " is asked for twice", "", "another number");
        } else {
            supplies.put(request.number(), new Supply.OpenedPath(request.path(), request.flags(), option));
        }
    }

    private void checkTerminal() {
        if (spec.detached() || spec.session() == SessionPolicy.SAME) {
            String option = spec.detached() ? "--detach" : "--session same";
            problem(Kind.USAGE, "pty does not go with " + option, "thaw joins it to its own terminal, and leads it by a session", "one of them");
        }
    }

    private boolean present(int number, String option) {
        if (caller.descriptors().containsKey(number)) {
            return true;
        }
        String because = "thaw was not started with a descriptor " + number;
        problem(Kind.SOURCE, option + ": descriptor " + number + " is not open", because, "in a shell: thaw run ... " + number + "<FILE");
        return false;
    }

    private RuntimeHints.Result hints(Program program) {
        List<String> environment = environment(spec, caller);
        if (!spec.hints()) {
            return new RuntimeHints.Result(environment, List.of());
        }
        RuntimeHints.Result hints = RuntimeHints.apply(program, spec.command(), environment);
        if (!hints.said().isEmpty()) {
            String what = "environment for a restorable runtime: " + String.join(", ", hints.said()) + "; off by --no-runtime-hints";
            remarks.add(new Remark(true, what, ""));
        }
        return hints;
    }

    private static String option(int number, Source source) {
        return OPTION.get(number) + " " + source.text();
    }

    private void problem(Kind kind, String what, String because, String toTry) {
        problems.add(new Problem(kind, what, because, toTry));
    }
}
