package dev.thaw.cli.broker;

import dev.thaw.cli.Brokers;
import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.launcher.CommandWithDescriptors;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.run.StartFailures;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thaw broker retrieve}. */
@Command(name = "retrieve", sortOptions = false,
        description = {"Become COMMAND with what the broker keeps under these names, as descriptors 3 and following.",
            "LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID tell it so; in LISTEN_FDNAMES a colon of a name is a minus sign. They stay kept."},
        customSynopsis = {"thaw broker retrieve [OPTIONS] NAME... -- COMMAND [ARG...]", "       thaw broker retrieve [OPTIONS] --send-to N NAME..."})
final class RetrieveCommand implements Callable<Integer> {
    private static final String END_OF_OPTIONS = "--";

    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Option(names = "--at", paramLabel = "N", defaultValue = "3",
            description = "Number of the first, above 2. LISTEN_FDS is set only for 3, the default, as it means no other.")
    private int at;

    @Option(names = "--send-to", paramLabel = "N",
            description = "Start nothing: pass them on, in one message of SCM_RIGHTS, over the unix socket that thaw was started with as descriptor N.")
    private Integer sendTo;

    @Parameters(arity = "1..*", paramLabel = "NAME... -- COMMAND", hideParamSyntax = true, description = "Names, and after -- a program and its arguments.")
    private List<String> words;

    @Mixin
    private SocketOption socket;

    @Mixin
    private CommonOptions common;

    RetrieveCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        List<String> arguments = spec.commandLine().getParseResult().originalArgs();
        int end = arguments.indexOf(END_OF_OPTIONS);
        int commandWords = end < 0 ? 0 : arguments.size() - end - 1;
        List<String> command = words.subList(words.size() - commandWords, words.size());
        List<FdName> names = words.subList(0, words.size() - commandWords).stream().map(Brokers::name).toList();
        check(names, command);
        List<OwnedFd> fds = socket.ask("not available: " + String.join(", ", names.stream().map(FdName::text).toList()),
                broker -> broker.retrieve(names));
        try {
            if (sendTo == null) {
                StartFailures.explained(() -> {
                    new CommandWithDescriptors(command, environment.environment()).become(at, names.stream().map(FdName::text).toList(), fds);
                    return true;
                });
            } else {
                send(names, fds);
            }
            return ExitCode.OK;
        } finally {
            fds.forEach(OwnedFd::close);
        }
    }

    private void check(List<FdName> names, List<String> command) {
        if (names.isEmpty()) {
            throw usage("no NAME is given", "before -- are names of descriptors, after it is a command");
        }
        if (command.isEmpty() == (sendTo == null)) {
            throw usage(sendTo == null ? "no COMMAND is given" : "--send-to takes no COMMAND", "either thaw becomes COMMAND, or it passes the descriptors on");
        }
        if (at <= 2) {
            throw usage("--at " + at + ": 0, 1 and 2 are the streams", "a number above 2");
        }
        if (sendTo != null && (sendTo < 0 || sendTo > 2 && !InheritedDescriptors.contains(sendTo))) {
            throw usage("--send-to " + sendTo + " is not open", "thaw was not started with such a descriptor");
        }
        if (sendTo != null && names.size() > BrokerCodec.MAX_DESCRIPTORS) {
            throw usage(names.size() + " names are too many for one message", "the kernel passes at most " + BrokerCodec.MAX_DESCRIPTORS);
        }
    }

    /** The payload tells which is which: the names, a line each. */
    private void send(List<FdName> names, List<OwnedFd> fds) {
        try {
            byte[] lines = KernelString.encode(String.join("\n", names.stream().map(FdName::text).toList()) + "\n");
            SocketCalls.sendWithFds(sendTo, lines, fds.stream().mapToInt(OwnedFd::number).toArray());
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the descriptors cannot be passed on over descriptor " + sendTo, List.of(e.getMessage()),
                    List.of("a connected unix socket there"), e);
        }
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw broker retrieve --help"));
    }
}
