package dev.thaw.rehearse;

import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.criu.CriuBinary;
import dev.thaw.report.Report;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Where a rehearsal begins: with the engine that it is to have. */
public final class Rehearsals {
    private Rehearsals() {}

    /**
     * With a real criu.
     *
     * @param environment of thaw
     * @param variable value of an environment variable
     * @throws dev.thaw.report.Failure when not even the start of the command works
     */
    public static Rehearsal withCriu(RehearsalOptions options, CriuBinary criu, Optional<DumpOptions.Tcp> tcp, Report report, PrintStream err, boolean quiet,
            List<String> environment, Function<String, Optional<String>> variable) throws InterruptedException {
        return Rehearser.run(options, new CriuEngine(criu, tcp, options.limit(), report, variable), Progress.on(err, quiet), environment);
    }

    /** As above without criu, and without any right: nothing is dumped or restored. */
    public static Rehearsal withStandIn(RehearsalOptions options, Optional<DumpOptions.Tcp> tcp, Report report, PrintStream err, boolean quiet,
            List<String> environment) throws InterruptedException {
        return Rehearser.run(options, new StandInEngine(tcp, options.limit(), report), Progress.on(err, quiet), environment);
    }
}
