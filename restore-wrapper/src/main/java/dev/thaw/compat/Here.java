package dev.thaw.compat;

import dev.thaw.criu.CriuVersion;
import dev.thaw.image.Compatibility.FileIdentity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What there is to compare with.
 *
 * @param criu that would restore; empty when it is not known yet
 * @param cpuFlags all of this processor, those that no program asks for among them
 * @param capabilities that thaw may give to others, bit n for capability n
 * @param files state of each recorded file; empty for one that is gone
 * @param asked what the user wants to run; empty when it is the image's own command
 */
public record Here(
        String thawVersion,
        Optional<CriuVersion> criu,
        String kernel,
        String architecture,
        String bootId,
        long monotonicMillis,
        Set<String> cpuFlags,
        int uid,
        int gid,
        long capabilities,
        Map<String, Optional<FileIdentity>> files,
        Optional<Asked> asked) {

    /**
     * A command line of the user's.
     *
     * @param program as in {@link dev.thaw.image.Compatibility}, as the files are now
     */
    public record Asked(List<String> command, List<FileIdentity> program) {
        public Asked {
            command = List.copyOf(command);
            program = List.copyOf(program);
        }
    }

    public Here {
        cpuFlags = Set.copyOf(cpuFlags);
        files = Map.copyOf(files);
    }
}
