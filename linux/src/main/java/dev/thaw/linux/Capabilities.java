package dev.thaw.linux;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Numbers and names of capabilities (linux/capability.h). A set of them has bit n for capability n. */
public final class Capabilities {
    public static final int DAC_OVERRIDE = 1;
    public static final int SETGID = 6;
    public static final int SETUID = 7;
    public static final int SETPCAP = 8;
    public static final int NET_ADMIN = 12;
    public static final int SYS_CHROOT = 18;
    public static final int SYS_PTRACE = 19;
    public static final int SYS_ADMIN = 21;
    public static final int SYS_RESOURCE = 24;
    public static final int SYS_TIME = 25;
    public static final int CHECKPOINT_RESTORE = 40;

    private static final List<String> NAMES = List.of("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
            "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE",
            "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
            "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
            "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE");

    private Capabilities() {}

    public static boolean contains(long set, int capability) {
        return (set >>> capability & 1) != 0;
    }

    /** Numbers of those that are in the set. */
    public static IntStream of(long set) {
        return IntStream.range(0, Long.SIZE).filter(capability -> contains(set, capability));
    }

    /** For a message. */
    public static String names(long set) {
        return of(set).mapToObj(capability -> capability < NAMES.size() ? "CAP_" + NAMES.get(capability) : "capability " + capability)
                .collect(Collectors.joining(", "));
    }
}
