package dev.thaw.checkpoint;

import dev.thaw.criu.CriuBinary;
import dev.thaw.launcher.Deposited;
import dev.thaw.launcher.LaunchRecord;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One checkpoint to be made.
 *
 * @param pid root of the tree
 * @param image directory of generations; made when absent
 * @param keep generations that stay, the new one among them; at least 1
 * @param limit for the dump as a whole
 * @param launched how thaw started or restored the root, where it did and knows
 * @param shrinkJvms whether the JVMs of the tree give back what they do not need first
 */
public record CheckpointRequest(
        int pid, String image, DumpOptions options, int keep, Duration limit, CriuBinary criu, Optional<LaunchRecord> launched,
        boolean shrinkJvms) {
    /** Of a process that somebody else started. */
    public CheckpointRequest(int pid, String image, DumpOptions options, int keep, Duration limit, CriuBinary criu) {
        this(pid, image, options, keep, limit, criu, Optional.empty());
    }

    public CheckpointRequest(int pid, String image, DumpOptions options, int keep, Duration limit, CriuBinary criu, Optional<LaunchRecord> launched) {
        this(pid, image, options, keep, limit, criu, launched, false);
    }

    public CheckpointRequest {
        Objects.requireNonNull(image, "image is null");
        Objects.requireNonNull(options, "options is null");
        Objects.requireNonNull(criu, "criu is null");
        if (launched.isPresent()) {
            options = options.keeping(launched.get().inBroker().stream().map(Deposited::key).collect(Collectors.toSet()));
        }
        if (keep < 1) {
            throw new IllegalArgumentException("keep is " + keep);
        }
    }

    /** The same, with {@link #shrinkJvms} as given. */
    public CheckpointRequest shrinkingJvms(boolean shrink) {
        return new CheckpointRequest(pid, image, options, keep, limit, criu, launched, shrink);
    }
}
