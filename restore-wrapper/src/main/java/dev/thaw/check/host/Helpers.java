package dev.thaw.check.host;

import dev.thaw.linux.FileCalls;
import dev.thaw.supervise.ReapingGate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.zeroturnaround.exec.ProcessExecutor;

/** Short commands that are asked something, each with a time limit. */
final class Helpers {
    private static final int LIMIT_SECONDS = 10;

    private Helpers() {}

    /** What {@code criu check --all} warns of. */
    static List<String> criuWarnings(String criu) {
        return output(criu, "check", "--no-default-config", "--all").lines().filter(line -> line.startsWith("Warn ") || line.startsWith("Error "))
                .filter(line -> !line.contains("RLIMIT_NOFILE")).map(line -> line.replaceFirst("^\\w+ +\\([^)]*\\): ", "")).distinct().toList();
    }

    /** Rules that a killed criu has left (criu/net.c, network_lock_internal). */
    static List<String> networkLocks(Function<String, Optional<String>> variable) {
        List<String> found = new ArrayList<>();
        if (isThere("iptables-save", variable) && output("iptables-save").contains(":CRIU ")) {
            found.add("the iptables chain CRIU");
        }
        if (isThere("nft", variable)) {
            output("nft", "list", "tables").lines().filter(line -> line.contains("inet CRIU")).map(line -> "the nftables " + line.strip()).forEach(found::add);
        }
        return found;
    }

    private static boolean isThere(String program, Function<String, Optional<String>> variable) {
        for (String directory : variable.apply("PATH").orElse("").split(":")) {
            if (directory.startsWith("/") && FileCalls.isExecutable(directory + "/" + program)) {
                return true;
            }
        }
        return false;
    }

    /** Empty when it cannot be started or does not end in time. */
    private static String output(String... command) {
        ReapingGate.Held gate = ReapingGate.hold();
        try {
            return new ProcessExecutor(command).environment("LC_ALL", "C").readOutput(true).timeout(LIMIT_SECONDS, TimeUnit.SECONDS).execute().outputUTF8();
        } catch (IOException | TimeoutException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        } finally {
            gate.close();
        }
    }
}
