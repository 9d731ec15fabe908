package dev.thaw.image;

import java.util.List;
import java.util.Optional;

/**
 * Of a task's first thread, but for the filter (images/creds.proto).
 *
 * @param groups supplementary groups
 * @param effectiveCapabilities bit n stands for capability n
 * @param seccompMode 0 off, 1 strict, 2 filter; the highest of all its threads
 * @param lsmProfile for {@code --lsm-profile}, where the host had a security module
 */
public record Credentials(int uid, int gid, int euid, int egid, int suid, int sgid, int fsuid, int fsgid, List<Integer> groups,
                          long effectiveCapabilities, int seccompMode, Optional<String> lsmProfile) {

    public Credentials {
        groups = List.copyOf(groups);
    }
}
