package dev.thaw.checkpoint;

import dev.thaw.linux.Capabilities;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whom criu dumps as where thaw is root without CAP_SYS_RESOURCE, as in most containers: the user of the whole tree. The limits of its
 * processes may be read by that user, or with that capability (man 2 prlimit); everything else goes by capabilities, which criu keeps.
 *
 * @param capabilities that thaw has, bit n for capability n
 */
public record DumpUser(int uid, int gid, long capabilities) {
    /** Words before those of criu; setpriv is of util-linux. */
    List<String> prefix() {
        String granted = Capabilities.of(capabilities).mapToObj(number -> ",+cap_" + number).collect(Collectors.joining());
        return List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--inh-caps=-all" + granted, "--ambient-caps=-all" + granted);
    }
}
