package dev.thaw.cli.broker;

import dev.thaw.cli.Brokers;
import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.fdbroker.broker.Access;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw broker store}. */
@Command(name = "store", description = "Have the broker keep a descriptor under NAME.", sortOptions = false)
final class StoreCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(paramLabel = "NAME", description = "1 to 255 bytes, by convention kind:what, such as listener:shop.")
    private String name;

    @ArgGroup(multiplicity = "1")
    private What what;

    @Option(names = "--expire", paramLabel = "DURATION", description = "The broker closes it after so long. Default: never.")
    private Duration expiry = Duration.ZERO;

    @Mixin
    private SocketOption socket;

    @Mixin
    private CommonOptions common;

    /** One of them. */
    static final class What {
        @Option(names = "--fd", paramLabel = "N", description = "Descriptor N that thaw itself was started with.")
        private Integer fd;

        @Option(names = "--open", paramLabel = "PATH[:ro|wo|rw|append]",
                description = "A file that the broker opens, with its own rights, below the folders that its policy allows.")
        private String open;

        @Option(names = "--listen", paramLabel = "tcp:HOST:PORT|unix:PATH", description = "A listening socket, bound here and now.")
        private String listen;

        @Option(names = "--pipe", description = "A fresh pipe, kept as NAME:read and NAME:write.")
        private boolean pipe;
    }

    StoreCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        FdName wanted = Brokers.name(name);
        if (what.fd != null) {
            storeGiven(wanted, what.fd);
        } else if (what.open != null) {
            open(wanted);
        } else if (what.listen != null) {
            listen(wanted);
        } else {
            storePipe(wanted);
        }
        common.report(environment).detail("kept by the broker at " + socket.path() + ": " + name);
        return ExitCode.OK;
    }

    private void storeGiven(FdName wanted, int fd) {
        if (fd < 0 || fd > 2 && !InheritedDescriptors.contains(fd)) {
            throw Failure.of(ExitCode.SOURCE, "--fd " + fd + " is not available", "thaw was not started with a descriptor " + fd,
                    "in a shell: thaw broker store " + name + " --fd " + fd + " " + fd + "<FILE");
        }
        store(List.of(wanted), fd);
    }

    private void storePipe(FdName wanted) {
        FdName[] ends = Brokers.ends(wanted);
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            store(List.of(ends), pipe.reader().number(), pipe.writer().number());
        }
    }

    private void listen(FdName wanted) {
        ListenAddress address;
        try {
            address = ListenAddress.parse(what.listen);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "--listen: " + e.getMessage(), List.of(), List.of("--listen tcp:127.0.0.1:8080, tcp:[::1]:8080 or unix:/path"));
        }
        Optional<OwnedFd> bound = Optional.empty();
        boolean kept = false;
        try {
            bound = Optional.of(address.listen());
            store(List.of(wanted), bound.get().number());
            kept = true;
        } catch (LinuxException e) {
            throw new Failure(ExitCode.SOURCE, "nothing can listen at " + what.listen, List.of(e.getMessage()), address.remedies(), e);
        } finally {
            bound.ifPresent(OwnedFd::close);
            if (bound.isPresent() && !kept) {
                address.remove();
            }
        }
    }

    private void open(FdName wanted) {
        String path = what.open;
        Access access = Access.READ;
        int colon = path.lastIndexOf(':');
        String word = path.substring(colon + 1);
        // A colon that no access mode follows belongs to the path.
        Optional<Access> named = colon < 1 ? Optional.empty() : Arrays.stream(Access.values()).filter(one -> one.word().equals(word)).findFirst();
        if (named.isPresent()) {
            access = named.get();
            path = path.substring(0, colon);
        }
        if (path.isEmpty()) {
            throw new Failure(ExitCode.USAGE, "--open: there is no path", List.of(), List.of("--open /path:ro"));
        }
        String absolute = path.startsWith("/") ? path : FileCalls.getcwd() + "/" + path;
        Access how = access;
        socket.ask("'" + name + "' is not kept", broker -> {
            broker.open(wanted, expiry, absolute, how);
            return true;
        });
    }

    private void store(List<FdName> names, int... fds) {
        socket.ask("'" + name + "' is not kept", broker -> {
            broker.store(names.stream().map(one -> new Deposit(one, expiry)).toList(), fds);
            return true;
        });
    }
}
