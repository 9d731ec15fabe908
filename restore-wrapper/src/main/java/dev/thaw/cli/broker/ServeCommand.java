package dev.thaw.cli.broker;

import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.fdbroker.policy.AccessRule;
import dev.thaw.fdbroker.policy.Accounts;
import dev.thaw.fdbroker.policy.PolicyException;
import dev.thaw.fdbroker.policy.PolicyParser;
import dev.thaw.fdbroker.server.Limits;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.ServiceNotify;
import dev.thaw.supervise.StatusStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code thaw broker serve}. */
@Command(name = "serve", sortOptions = false,
        description = {"Be the broker, in the foreground.",
            "SIGTERM ends it when all requests are answered; what it kept ends with it, unless a service manager keeps it too. SIGHUP reads the policy again."})
final class ServeCommand implements Callable<Integer> {
    private static final int MAX_POLICY_BYTES = 1 << 20;

    private final Environment environment;

    @Mixin
    private SocketOption socket;

    @Option(names = "--mode", paramLabel = "OCTAL", description = "Permissions of the socket. Default: 0600; 0666 where the policy lets others in.")
    private String mode;

    @Option(names = "--policy", paramLabel = "FILE", description = "Who may do what; see docs/broker.md. Default: this user alone may do everything.")
    private String policy;

    @Option(names = "--folder", paramLabel = "DIR", description = "Files below DIR may be opened for those whom the policy allows it (repeat).")
    private List<String> folders = new ArrayList<>();

    @Option(names = "--replace", description = "Take over from the broker that runs there, with everything; start afresh when none does.")
    private boolean replace;

    @Option(names = "--max-descriptors", paramLabel = "N", description = "Keep at most N. Default: what the limit of open files leaves room for.")
    private Integer maxDescriptors;

    @Option(names = "--max-per-user", paramLabel = "N", description = "Of these, at most N of one user other than this. Default: a quarter.")
    private Integer maxPerUser;

    @Option(names = "--max-connections", paramLabel = "N", description = "At most N connections, a quarter of them of one user. Default: 512.")
    private Integer maxConnections;

    @Option(names = "--idle", paramLabel = "DURATION", description = "Disconnect a client that says nothing for so long. Default: 1m.")
    private Duration idle;

    @Option(names = "--status-fd", paramLabel = "N", description = "Write a JSON line to descriptor N when it is ready, and when it ends.")
    private Integer statusFd;

    @Mixin
    private CommonOptions common;

    ServeCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Report report = common.report(environment);
        StatusStream status = statusFd == null ? StatusStream.none() : StatusStream.to(statusFd);
        try {
            Optional<ServiceNotify> manager = ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE));
            BrokerService service = new BrokerService(new BrokerService.Settings(socket::path, mode(), this::readPolicy, limits(), replace),
                    manager, status, report);
            return service.run(environment.environment());
        } catch (BrokerException e) {
            Failure failure = new Failure(ExitCode.FAILURE, "the running broker does not hand over", List.of(e.getMessage(), e.why()), e.tries(), e);
            status.failed(failure);
            throw failure;
        } catch (Failure failure) {
            status.failed(failure);
            throw failure;
        }
    }

    private AccessPolicy readPolicy() {
        List<String> absolute = folders.stream().map(folder -> folder.startsWith("/") ? folder : FileCalls.getcwd() + "/" + folder).toList();
        List<AccessRule> rules = List.of();
        if (policy != null) {
            try {
                String text = KernelString.decode(FileCalls.readAll(policy, MAX_POLICY_BYTES));
                rules = PolicyParser.parse(policy, text, Accounts::user, Accounts::group);
            } catch (PolicyException e) {
                throw new Failure(ExitCode.USAGE, e.getMessage(), List.of("a policy with a mistake is not used at all"), List.of("docs/broker.md"), e);
            } catch (LinuxException e) {
                throw new Failure(ExitCode.SOURCE, "the policy cannot be read", List.of(e.getMessage()), List.of("another --policy"), e);
            }
        }
        return new AccessPolicy(ProcessCalls.geteuid(), rules, absolute);
    }

    private Optional<Integer> mode() {
        if (mode == null) {
            return Optional.empty();
        }
        if (!mode.matches("0?[0-7]{3}")) {
            throw new Failure(ExitCode.USAGE, "--mode " + mode + " is no mode", List.of(), List.of("three octal digits, such as 0660"));
        }
        return Optional.of(Integer.parseInt(mode, 8));
    }

    private Limits limits() {
        long hard = ProcessCalls.noFileLimit().hard();
        Limits usual = Limits.within(hard);
        int connections = positive("--max-connections", maxConnections, usual.connections());
        int all = positive("--max-descriptors", maxDescriptors, usual.descriptors());
        int perUser = positive("--max-per-user", maxPerUser, maxDescriptors == null ? usual.descriptorsPerUser() : Math.max(1, all / 4));
        Limits limits = usual.withDescriptors(all, perUser).withConnections(connections, Math.max(1, connections / 4));
        if (hard >= 0 && limits.openFiles() > hard) {
            throw new Failure(ExitCode.USAGE, "%d descriptors and %d connections are more than this process may have open".formatted(all, connections),
                    List.of("they need a limit of open files (RLIMIT_NOFILE) of %d, and it is %d".formatted(limits.openFiles(), hard)),
                    List.of("ulimit -n " + limits.openFiles() + ", or in a unit LimitNOFILE=" + limits.openFiles(), "a lower --max-descriptors"));
        }
        return idle == null ? limits : limits.withTimes(idle, limits.unread(), limits.drain());
    }

    private static int positive(String option, Integer given, int usual) {
        if (given != null && given < 1) {
            throw new Failure(ExitCode.USAGE, option + " " + given + " leaves no room", List.of(), List.of("a number above 0"));
        }
        return given == null ? usual : given;
    }
}
