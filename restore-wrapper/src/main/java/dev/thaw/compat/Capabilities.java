package dev.thaw.compat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Names of capabilities (linux/capability.h). */
final class Capabilities {
    private static final List<String> NAMES = List.of("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
            "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE",
            "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
            "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
            "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE");

    private Capabilities() {}

    /** @param set bit n for capability n */
    static String names(long set) {
        return IntStream.range(0, Long.SIZE).filter(bit -> (set >>> bit & 1) != 0)
                .mapToObj(bit -> bit < NAMES.size() ? "CAP_" + NAMES.get(bit) : "capability " + bit)
                .collect(Collectors.joining(", "));
    }
}
