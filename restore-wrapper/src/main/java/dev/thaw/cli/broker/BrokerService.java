package dev.thaw.cli.broker;

import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.fdbroker.server.BrokerServer;
import dev.thaw.fdbroker.server.Inheritance;
import dev.thaw.fdbroker.server.Keeper;
import dev.thaw.fdbroker.server.Limits;
import dev.thaw.fdbroker.server.ServiceManagerStore;
import dev.thaw.fdbroker.server.SocketPlace;
import dev.thaw.fdbroker.server.Takeover;
import dev.thaw.launcher.SocketActivation;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.SocketCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.ServiceNotify;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The life of a broker's process: where its socket and its descriptors come from, readiness, signals, its end. */
final class BrokerService {
    private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(10);
    private static final Duration TICK = Duration.ofMinutes(1);

    private final Settings settings;
    private final Optional<ServiceNotify> manager;
    private final StatusStream status;
    private final Report report;

    /**
     * @param socket where to listen, unless a service manager listens already
     * @param mode of the socket; empty: by the policy
     * @param policy reads it
     * @param replace whether a broker that runs there is to be taken over from
     */
    record Settings(Supplier<String> socket, Optional<Integer> mode, Supplier<AccessPolicy> policy, Limits limits, boolean replace) {}

    BrokerService(Settings settings, Optional<ServiceNotify> manager, StatusStream status, Report report) {
        this.settings = settings;
        this.manager = manager;
        this.status = status;
        this.report = report;
    }

    /** @param environment says what a service manager has given this process */
    int run(List<String> environment) {
        long hard = ProcessCalls.noFileLimit().hard();
        ProcessCalls.setNoFileLimit(new ProcessCalls.Limit(hard, hard));
        AccessPolicy policy = settings.policy().get();
        try (SignalForwarder signals = SignalForwarder.install()) {
            SocketActivation activation = SocketActivation.of(environment, ProcessCalls.getpid());
            if (!activation.numbers().isEmpty()) {
                return serveActivated(activation, policy, signals);
            }
            Optional<Takeover> takeover = settings.replace() ? takeover() : Optional.empty();
            return takeover.isPresent() ? serveTakenOver(takeover.get(), policy, signals) : serveFresh(policy, signals);
        }
    }

    private int serveFresh(AccessPolicy policy, SignalForwarder signals) {
        String path = settings.socket().get();
        try (SocketPlace place = claim(path)) {
            OwnedFd listener = place.listen(settings.mode().orElse(policy.letsOthersIn() ? 0666 : 0600));
            warnOfClosedDirectory(path, policy);
            return serve(listener, Optional.of(place), path, policy, Keeper.NONE, Inheritance.NONE, signals);
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the broker cannot listen at " + path, List.of(e.getMessage()), List.of("another --socket"), e);
        }
    }

    private int serveTakenOver(Takeover takeover, AccessPolicy policy, SignalForwarder signals) {
        try (takeover) {
            int held = takeover.inheritance().held().size();
            if (held > settings.limits().descriptors()) {
                throw Failure.of(ExitCode.USAGE, "the running broker keeps " + held + " descriptors, and this one may keep "
                        + settings.limits().descriptors(), "--max-descriptors or the limit of open files says so", "a higher limit: ulimit -n");
            }
            takeover.finish();
        }
        try (SocketPlace place = takeover.place()) {
            return serve(takeover.listener(), Optional.of(place), settings.socket().get(), policy, Keeper.NONE, takeover.inheritance(), signals);
        }
    }

    private int serveActivated(SocketActivation activation, AccessPolicy policy, SignalForwarder signals) {
        Map<String, OwnedFd> kept = new LinkedHashMap<>();
        Optional<OwnedFd> listener = Optional.empty();
        Map<Integer, String> names = new LinkedHashMap<>();
        activation.names().forEach((name, number) -> names.put(number, name));
        for (int number : activation.numbers()) {
            FdCalls.setCloseOnExec(number, true);
            OwnedFd fd = OwnedFd.of(number);
            String name = names.getOrDefault(number, "");
            if (ServiceManagerStore.isOurs(name)) {
                kept.put(name, fd);
            } else if (listener.isEmpty() && isListener(number)) {
                listener = Optional.of(fd);
            } else {
                report.warning("descriptor " + number + " (" + name + ") of the service manager is of no use here");
                fd.close();
            }
        }
        if (listener.isEmpty()) {
            throw Failure.of(ExitCode.USAGE, "the service manager gave no socket to listen at",
                    "the broker wants a listening unix socket of sequential packets", "in the .socket unit: ListenSequentialPacket=/run/...");
        }
        if (manager.isEmpty()) {
            kept.values().forEach(OwnedFd::close);
            return serve(listener.get(), Optional.empty(), "the service manager's socket", policy, Keeper.NONE, Inheritance.NONE, signals);
        }
        ServiceManagerStore.Start start = ServiceManagerStore.begin(manager.get()::message, kept);
        try (ServiceManagerStore store = start.store()) {
            return serve(listener.get(), Optional.empty(), "the service manager's socket", policy, store, start.inherited(), signals);
        }
    }

    private int serve(OwnedFd listener, Optional<SocketPlace> place, String where, AccessPolicy policy, Keeper keeper, Inheritance inherited,
                      SignalForwarder signals) {
        try (BrokerServer server = new BrokerServer(listener, place, policy, settings.limits(), keeper, inherited)) {
            if (keeper instanceof ServiceManagerStore store) {
                store.watch(server::held);
            }
            Serving serving = new Serving(server, signals);
            serving.start();
            int held = inherited.held().size();
            report.detail("listening at " + where + ", keeping " + held + " descriptors, at most " + settings.limits().descriptors());
            manager.ifPresent(to -> to.message("READY=1\nSTATUS=listening at " + KernelString.printable(where)));
            status.event("ready", "socket", where, "pid", ProcessCalls.getpid(), "descriptors", held);
            attend(server, serving, signals);
            return end(server, serving, place, keeper);
        }
    }

    private void attend(BrokerServer server, Serving serving, SignalForwarder signals) {
        while (!serving.isDone()) {
            int signal = signals.next(TICK).orElse(Signals.SIGCHLD);
            if (signal == Signals.SIGTERM || signal == Signals.SIGINT) {
                manager.ifPresent(to -> to.message("STOPPING=1"));
                server.stop();
                serving.await();
            } else if (signal == Signals.SIGHUP) {
                readPolicyAgain(server);
            }
        }
    }

    private int end(BrokerServer server, Serving serving, Optional<SocketPlace> place, Keeper keeper) {
        if (serving.result() == BrokerServer.End.HANDED_OVER) {
            place.ifPresent(SocketPlace::leave);
            report.detail("a successor has taken over");
            status.event("handed-over", "descriptors", server.held().size());
            return ExitCode.OK;
        }
        int held = server.held().size();
        if (held > 0 && !keeper.outlivesThisProcess()) {
            report.warning("the broker ends, and with it " + held + " descriptors that it kept", List.of("a signal asked for its end"),
                    List.of("thaw broker serve --replace, for another broker that goes on with them"));
        }
        status.event("stopped", "descriptors", held);
        return ExitCode.OK;
    }

    private void readPolicyAgain(BrokerServer server) {
        try {
            server.policy(settings.policy().get());
            report.detail("the policy was read again");
        } catch (Failure e) {
            report.warning("the policy stays as it was: " + e.what(), e.because(), e.tries());
        }
    }

    private Optional<Takeover> takeover() {
        try {
            return Optional.of(Takeover.begin(settings.socket().get(), TAKEOVER_LIMIT));
        } catch (BrokerException.Unavailable e) {
            report.detail("there is nobody to take over from: " + e.why());
            return Optional.empty();
        }
    }

    private static SocketPlace claim(String path) {
        return SocketPlace.claim(path).orElseThrow(() -> Failure.of(ExitCode.FAILURE, "there is a broker at " + path,
                path + ".lock is locked by it", "thaw broker serve --replace, to take over from it; or another --socket"));
    }

    /** Who may not enter the directory cannot connect, whatever the policy says. */
    private void warnOfClosedDirectory(String path, AccessPolicy policy) {
        int slash = path.lastIndexOf('/');
        String directory = slash > 0 ? path.substring(0, slash) : slash == 0 ? "/" : ".";
        if (policy.letsOthersIn() && (FileCalls.stat(directory).permissions() & 0001) == 0) {
            report.warning("the policy lets others in, and " + directory + " does not",
                    List.of("its mode is %04o".formatted(FileCalls.stat(directory).permissions())),
                    List.of("--socket in a directory of its own that others may enter, such as /run/thaw-broker with mode 0755"));
        }
    }

    private static boolean isListener(int fd) {
        try {
            return SocketCalls.family(fd) == SocketCalls.AF_UNIX && SocketCalls.socketType(fd) == SocketCalls.SOCK_SEQPACKET
                    && SocketCalls.isListening(fd);
        } catch (LinuxException noSocket) {
            return false;
        }
    }

    /** The thread that serves. */
    private static final class Serving extends Thread {
        private final BrokerServer server;
        private final SignalForwarder signals;
        private BrokerServer.End result = BrokerServer.End.STOPPED;
        private Throwable fault;
        private volatile boolean done;

        Serving(BrokerServer server, SignalForwarder signals) {
            super("serving");
            this.server = server;
            this.signals = signals;
        }

        @Override
        public void run() {
            try {
                result = server.run();
            } catch (RuntimeException | Error e) {
                fault = e;
            } finally {
                done = true;
                signals.wake();
            }
        }

        boolean isDone() {
            return done;
        }

        void await() {
            try {
                join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** @throws RuntimeException what ended it, when that was no stop */
        BrokerServer.End result() {
            await();
            if (fault != null) {
                throw new IllegalStateException(fault);
            }
            return result;
        }
    }
}
