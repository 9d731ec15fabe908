package dev.thaw.run;

import dev.thaw.launcher.LaunchSpec;
import dev.thaw.linux.OwnedFd;
import dev.thaw.supervise.LifecycleOptions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What {@code thaw run} was asked for.
 *
 * @param spec what to start
 * @param name under which others find it, or empty
 * @param exec whether thaw becomes the command
 * @param pidFloor below which no pid is to be handed out
 * @param pidNamespace whether it gets a pid namespace of its own
 * @param ipcNamespace whether it gets an IPC namespace of its own
 * @param lifecycle what happens while it runs
 * @param environment of thaw
 * @param broker gets the descriptor of a name from the broker; the caller owns it
 * @param keepInBroker socket of the broker that is to keep its pipes and listeners, if one is
 */
public record RunOptions(
        LaunchSpec spec, String name, boolean exec, OptionalInt pidFloor, boolean pidNamespace, boolean ipcNamespace, LifecycleOptions lifecycle,
        List<String> environment, Function<String, OwnedFd> broker, Optional<String> keepInBroker) {}
