package dev.thaw.checkpoint;

import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.linux.FileCalls;
import dev.thaw.supervise.ReapingGate;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.zeroturnaround.exec.ProcessExecutor;

/** Finds out how criu can keep TCP connections quiet on this machine. */
public final class NetworkLocks {
    private static final int LIMIT_SECONDS = 10;

    private NetworkLocks() {}

    /** @param variable looks an environment variable up */
    public static NetworkLock available(String criu, Function<String, Optional<String>> variable) {
        if (hasNftables(criu)) {
            return NetworkLock.NFTABLES;
        }
        for (String directory : variable.apply("PATH").orElse("").split(":")) {
            if (directory.startsWith("/") && FileCalls.isExecutable(directory + "/iptables-restore")) {
                return NetworkLock.IPTABLES;
            }
        }
        return NetworkLock.SKIP;
    }

    private static boolean hasNftables(String criu) {
        ReapingGate.Held gate = ReapingGate.hold();
        try {
            return new ProcessExecutor(criu, "check", "--no-default-config", "--feature", "network_lock_nftables")
                    .readOutput(true).timeout(LIMIT_SECONDS, TimeUnit.SECONDS).execute().getExitValue() == 0;
        } catch (IOException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            gate.close();
        }
    }
}
