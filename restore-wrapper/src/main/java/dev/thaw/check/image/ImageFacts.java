package dev.thaw.check.image;

import dev.thaw.compat.Mismatch;
import dev.thaw.criu.CriuSearch;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.linux.Capabilities;
import dev.thaw.plan.PlanResult;
import dev.thaw.restore.PidHolders.PidHolder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image, and this machine as far as the image needs it.
 *
 * @param name of the image, as the user gave it
 * @param mismatches what is not as it was at the checkpoint
 * @param pids who has numbers of the image
 */
public record ImageFacts(String name, ImageSnapshot image, Optional<Manifest> manifest, PlanResult plan, List<Mismatch> mismatches,
        List<PidHolder> pids, Machine machine) {

    /**
     * @param filtered a seccomp filter is on thaw, and so will be on criu
     * @param lsm number of the security module at work, as inventory.img has it: 0 none, 1 SELinux, 2 AppArmor
     * @param buildIds of ELF files that the image maps, by path, as they are now; only of those that it knows one of
     * @param taken addresses and terminals that the image needs, to the process that has them: {@code tcp 127.0.0.1:80} to {@code pid 7 (nginx)}
     * @param addresses of this machine, numeric
     */
    public record Machine(CriuSearch criu, int uid, long capabilities, boolean filtered, int lsm, long availableKibibytes,
            Map<String, String> buildIds, Map<String, String> taken, List<String> addresses) {
        public Machine {
            buildIds = Map.copyOf(buildIds);
            taken = Map.copyOf(taken);
            addresses = List.copyOf(addresses);
        }

        boolean has(int capability) {
            return Capabilities.contains(capabilities, capability);
        }
    }

    public ImageFacts {
        mismatches = List.copyOf(mismatches);
        pids = List.copyOf(pids);
    }
}
