package dev.thaw.restore;

import dev.thaw.linux.FileStatus;
import dev.thaw.linux.proc.FdInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a stand-in says that it has, by its own look at its descriptors.
 *
 * @param got by number
 */
record StandInReport(Map<Integer, Got> got) {
    /** Its last line: it has said everything, and waits. */
    static final String HELD = "held";

    /**
     * For bash, with numbers as arguments: of each, offset and flags as fdinfo has them, then what stat(1) says, then it waits for the end of its
     * standard input.
     */
    static final String SCRIPT = """
            paths=()
            for number; do
                while read -r key value; do
                    case $key in pos:) position=$value ;; flags:) flags=$value ;; esac
                done <"/proc/self/fdinfo/$number"
                echo "description $number $position $flags"
                paths+=("/proc/self/fd/$number")
            done
            stat -L -c 'file %n %d %i %f %t %T' "${paths[@]}" && echo held
            read -r end
            """;

    /**
     * A descriptor.
     *
     * @param info without mount id and inode
     * @param status device, device node, inode and mode; nothing else of it is told
     */
    record Got(FdInfo info, FileStatus status) {}

    StandInReport {
        got = Map.copyOf(got);
    }

    Optional<Got> of(int number) {
        return Optional.ofNullable(got.get(number));
    }

    /** Lines of other forms, such as errors of the programs that it runs, are skipped; a descriptor of which a line is missing counts as not there. */
    static StandInReport parse(String text) {
        Map<Integer, FdInfo> infos = new HashMap<>();
        Map<Integer, FileStatus> files = new HashMap<>();
        for (String line : text.split("\n")) {
            String[] words = line.split(" ");
            if (line.matches("description [0-9]{1,9} [0-9]{1,18} [0-7]{1,11}")) {
                infos.put(Integer.parseInt(words[1]), new FdInfo(Long.parseLong(words[2]), Integer.parseUnsignedInt(words[3], 8), -1, -1));
            } else if (line.matches("file /proc/self/fd/[0-9]{1,9} [0-9]{1,19} [0-9]{1,20} [0-9a-f]{1,8} [0-9a-f]{1,8} [0-9a-f]{1,8}")) {
                long special = FileStatus.device(Integer.parseInt(words[5], 16), Integer.parseInt(words[6], 16));
                files.put(Integer.parseInt(words[1].substring("/proc/self/fd/".length())), new FileStatus(Long.parseLong(words[2]), special,
                        Long.parseUnsignedLong(words[3]), Integer.parseInt(words[4], 16), 0, 0, 0, 0, 1, -1));
            }
        }
        Map<Integer, Got> got = new HashMap<>();
        infos.forEach((number, info) -> Optional.ofNullable(files.get(number)).ifPresent(status -> got.put(number, new Got(info, status))));
        return new StandInReport(got);
    }
}
