package dev.thaw.start;

import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.LaunchedProcess;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.LinuxException;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.run.StartFailures;
import java.util.Optional;
import java.util.function.Supplier;

/** The entry of a restored application in the registry of those that thaw started, so that it is found again by its name. */
final class Registration {
    private final String name;
    private final Optional<NameRegistry> registry;
    private final Report report;

    Registration(String name, Optional<NameRegistry> registry, Report report) {
        this.name = name;
        this.registry = registry;
        this.report = report;
    }

    /** @throws Failure when it is to have a name, and cannot have it; nothing was restored then */
    LaunchedProcess enter(Supplier<LaunchedProcess> restore) {
        if (!name.isEmpty()) {
            NameRegistry names = registry.orElseThrow(() -> Failure.of(ExitCode.FAILURE, "a name cannot be kept",
                    "neither $XDG_RUNTIME_DIR nor $" + NameRegistry.DIRECTORY_VARIABLE + " is set", "without --name"));
            return StartFailures.explained(() -> names.startNamed(name, restore));
        }
        LaunchedProcess process = restore.get();
        try {
            registry.ifPresent(names -> names.put(process.record()));
        } catch (NameRegistry.Unavailable | LinuxException e) {
            report.detail("no launch record is kept: " + e.getMessage());
        }
        return process;
    }

    void leave(LaunchRecord record) {
        try {
            registry.ifPresent(names -> names.remove(record));
        } catch (NameRegistry.Unavailable | LinuxException e) {
            report.detail("the launch record stays: " + e.getMessage());
        }
    }
}
