package dev.thaw.rehearse;

import dev.thaw.inspect.Inspection;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.Rule;
import dev.thaw.rehearse.Change.Simple;
import dev.thaw.rehearse.Engine.Dumped;
import dev.thaw.rehearse.Engine.Revived;
import dev.thaw.rehearse.Rehearsal.Cycle;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.WorkDirectory;
import dev.thaw.supervise.AtExit;
import dev.thaw.supervise.HelperCommand;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Carries out a rehearsal. Whatever happens, nothing of the application runs afterwards. */
public final class Rehearser {
    private static final Duration NEXT_LINE = Duration.ofSeconds(10);
    private static final String WITHOUT_MEMORY = "it takes the application's memory, and none was restored";

    private final RehearsalOptions options;
    private final Engine engine;
    private final Progress progress;
    private final List<String> environment;

    private Rehearser(RehearsalOptions options, Engine engine, Progress progress, List<String> environment) {
        this.options = options;
        this.engine = engine;
        this.progress = progress;
        this.environment = environment;
    }

    /**
     * @param environment of thaw
     * @throws Failure when not even the start works; what goes wrong in a cycle is part of the result
     */
    static Rehearsal run(RehearsalOptions options, Engine engine, Progress progress, List<String> environment) throws InterruptedException {
        ProcessCalls.setChildSubreaper(true);
        String directory = FileCalls.getcwd();
        boolean terminal = options.changes().contains(Simple.NEW_TERMINAL);
        try (WorkDirectory work = WorkDirectory.create(name -> Optional.empty());
                AppStreams streams = new AppStreams(terminal);
                Changer changer = new Changer(options.changes(), streams, work.path())) {
            return new Rehearser(options, engine, progress, environment).new Run(work, streams, changer).rehearse();
        } finally {
            progress.done();
            FileCalls.chdir(directory);
        }
    }

    /** One rehearsal under way. */
    private final class Run {
        private final AppStreams streams;
        private final Changer changer;
        private final Application application;
        private final String image;
        private final List<Cycle> cycles = new ArrayList<>();
        /** 0 when nothing runs. */
        private volatile int root;

        Run(WorkDirectory work, AppStreams streams, Changer changer) {
            this.streams = streams;
            this.changer = changer;
            this.application = new Application(options, streams, environment);
            this.image = options.image().orElse(work.file("image"));
        }

        Rehearsal rehearse() throws InterruptedException {
            Thread end = new Thread(this::endAll, "rehearsal-end"); // a ^C, or a SIGTERM of CI's
            AtExit.add(end);
            try {
                Optional<WaitStatus> usual = options.compareExit() ? endWithoutCheckpoint() : Optional.empty();
                boolean goOn = true;
                for (int number = 1; goOn && number <= options.cycles(); number++) {
                    if (root == 0) {
                        start();
                    }
                    cycles.add(cycle(number));
                    goOn = root != 0 || !engine.restoresMemory() && cycles.get(number - 1).held();
                }
                List<Observation> afterwards = root != 0 ? List.of(end(usual))
                        : engine.restoresMemory() ? List.of() : List.of(Observation.notTried("end", WITHOUT_MEMORY));
                List<String> words = new ArrayList<>(options.changes().stream().map(Change::word).toList());
                options.between().ifPresent(words::add);
                return new Rehearsal(options.command(), engine.name(), engine.restoresMemory(), words, options.image().orElse(""), options.cycles(), cycles, afterwards);
            } finally {
                endAll();
                try {
                    AtExit.remove(end);
                } catch (IllegalStateException thawEndsAlready) {
                    progress.done();
                }
            }
        }

        private synchronized void endAll() {
            if (root != 0) {
                application.end(root);
                root = 0;
            }
        }

        private void start() {
            progress.say("starting " + options.command().get(0));
            streams.transcripts().values().forEach(AppStreams.Transcript::mark); // what an earlier one said does not make this one ready
            root = application.start();
            progress.say("waiting until pid " + root + " is ready");
            application.awaitReady(root);
            options.probe().ifPresent(probe -> {
                HelperCommand.Result answer = application.run(probe, root, "");
                if (!answer.succeeded()) {
                    throw new Failure(ExitCode.FAILURE, "the probe fails before there was any checkpoint", said(answer), List.of("a probe that succeeds, or --ready-command"));
                }
            });
        }

        private Optional<WaitStatus> endWithoutCheckpoint() {
            start();
            Optional<WaitStatus> how = application.end(root);
            root = 0;
            return how;
        }

        private Cycle cycle(int number) throws InterruptedException {
            List<Observation> seen = new ArrayList<>();
            int dumpedRoot = root;
            progress.say("cycle " + number + " of " + options.cycles() + ": checkpoint");
            Dumped dumped;
            try {
                dumped = engine.dump(root, image);
            } catch (Failure failure) {
                seen.add(failed("checkpoint", failure));
                application.end(root);
                root = 0;
                return new Cycle(number, seen, 0, 0, 0, 0);
            }
            root = 0;
            Application.reap(dumped.inspection().processes().stream().map(Inspection.ProcessView::pid).toList());
            streams.transcripts().values().forEach(AppStreams.Transcript::mark);
            seen.addAll(dumped.observations());
            List<Rule> rules = new ArrayList<>(streams.rules());
            Changer.Done done = changer.apply(dumped.inspection(), engine.restoresMemory() ? image : "");
            seen.addAll(done.observations());
            between(dumpedRoot, seen);
            progress.say("cycle " + number + " of " + options.cycles() + ": restore");
            long restoreMillis = 0;
            if (seen.stream().noneMatch(Observation::failed)) {
                restoreMillis = restore(dumped, rules, done, seen);
            }
            changer.putBack();
            long checkpointMillis = dumped.elapsed().toMillis();
            return new Cycle(number, seen, dumped.bytes(), checkpointMillis, restoreMillis, checkpointMillis + restoreMillis);
        }

        private void between(int pid, List<Observation> seen) {
            options.between().ifPresent(command -> {
                HelperCommand.Result answer = application.run(command, pid, engine.restoresMemory() ? image : "");
                seen.add(answer.succeeded() ? Observation.held("between", command)
                        : Observation.not("between", "the command failed: " + command, said(answer), "a command that ends with 0"));
            });
        }

        private long restore(Dumped dumped, List<Rule> rules, Changer.Done done, List<Observation> seen) {
            RestoreOptions asked = options.restore();
            List<Rule> all = new ArrayList<>(asked.rules());
            all.addAll(rules);
            Revived revived;
            try {
                revived = engine.restore(image, new RestoreOptions(Map.of(), all, asked.cgroup(), asked.allowUnmatched(), asked.accepted()), streams.names(),
                        streams::supply);
            } catch (Failure failure) {
                seen.add(failed("restore", failure));
                return 0;
            }
            seen.addAll(revived.observations());
            boolean otherTerminal = options.changes().contains(Simple.NEW_TERMINAL);
            TreeComparison comparison = new TreeComparison(revived.before(), revived.tree(), revived.running().orElse(revived.tree()), done.replaced(), done.moved(), otherTerminal);
            seen.addAll(revived.root().isPresent() ? comparison.observations() : comparison.ofDescriptors(dumped.sharingKnown()));
            if (revived.root().isEmpty()) {
                streams.transcripts().keySet().forEach(name -> seen.add(Observation.notTried(name, WITHOUT_MEMORY)));
                options.probe().ifPresent(command -> seen.add(Observation.notTried("probe", WITHOUT_MEMORY)));
                return 0;
            }
            afterwards(revived.root().get(), seen);
            return Math.max(1, revived.elapsed().toMillis());
        }

        private void afterwards(int pid, List<Observation> seen) {
            root = pid;
            boolean lives = application.lives(pid, options.settle());
            if (lives) {
                options.probe().ifPresent(command -> {
                    HelperCommand.Result answer = application.run(command, pid, image);
                    seen.add(answer.succeeded() ? Observation.held("probe", command) : Observation.not("probe", "the probe failed: " + command, said(answer),
                            "--timeout with more time, or a probe that waits, if it only came too early"));
                });
            } else {
                seen.add(Observation.not("alive", "it ended after the restore" + ProcessCalls.peekExit(pid).map(how -> ", with exit code " + how.exitCode()).orElse(""),
                        streams.lastLines(4), "thaw inspect IMAGE, for what it had open (--image keeps it)"));
            }
            streams.transcripts().forEach((name, transcript) -> seen.add(stream(name, transcript, pid)));
            if (!lives) {
                application.end(pid);
                root = 0;
            }
        }

        /** Of a program that counts its lines the next one is waited for: only it shows that nothing is missing. */
        private Observation stream(String name, AppStreams.Transcript transcript, int pid) {
            Application.await(System.nanoTime() + NEXT_LINE.toNanos(),
                    () -> transcript.continuity().kind() != Continuity.Kind.SILENT || ProcessCalls.peekExit(pid).isPresent());
            Continuity found = transcript.continuity();
            return found.kind() == Continuity.Kind.CONTINUOUS || found.kind() == Continuity.Kind.UNCOUNTED ? Observation.held(name, found.text())
                    : Observation.not(name, "it does not go on as it was", List.of(found.text()), "thaw plan IMAGE --explain (--image keeps it)");
        }

        private Observation end(Optional<WaitStatus> usual) {
            Optional<WaitStatus> how = application.end(root);
            root = 0;
            if (how.isEmpty()) {
                return Observation.not("end", "it did not end on SIGTERM, and was killed", streams.lastLines(4), "the same without a restore: thaw run -- COMMAND");
            }
            String text = "on SIGTERM, with exit code " + how.get().exitCode();
            boolean same = usual.isEmpty() || usual.get().equals(how.get());
            return same ? Observation.held("end", text + (usual.isPresent() ? ", as without a restore" : ""))
                    : Observation.not("end", text, List.of("without a checkpoint it was " + usual.get().exitCode()),
                            "without --compare-exit, if both are well");
        }
    }

    private static Observation failed(String name, Failure failure) {
        List<String> because = new ArrayList<>(failure.because());
        List<String> tries = new ArrayList<>(failure.tries());
        for (Failure other : failure.others()) {
            because.add(other.what());
            because.addAll(other.because());
            tries.addAll(other.tries());
        }
        return new Observation(name, true, false, failure.what(), because, tries);
    }

    private static List<String> said(HelperCommand.Result answer) {
        String output = answer.output().strip();
        return List.of(answer.timedOut() ? "it took too long" : "it ended with " + answer.exitCode() + (output.isEmpty() ? "" : ": " + output));
    }
}
