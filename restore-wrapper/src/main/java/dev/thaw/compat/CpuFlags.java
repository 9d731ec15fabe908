package dev.thaw.compat;

import dev.thaw.linux.KernelString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What programs ask of a processor before they choose their instructions. A C library or a JVM asks once, at its start; a restored one goes
 * on with the answer that it got elsewhere.
 */
final class CpuFlags {
    /** On x86 the list also has what concerns the kernel alone, and that differs from one microcode to the next. */
    private static final String OF_PROGRAMS =
            "lm|tsc|cx8|cx16|cmov|mmx|mmxext|fxsr|fxsr_opt|pni|ssse3|sse.*|pclmulqdq|fma4?|xop|tbm|lwp|movbe|popcnt|aes|xsave.*|xgetbv1|avx.*|f16c"
                    + "|rdrand|rdseed|rdtscp|rdpid|lahf_lm|abm|3dnow.*|fsgsbase|bmi[12]|erms|fsrm|fzrm|fsrs|fsrc|mpx|rtm|hle|adx|clflush.*|clwb|clzero"
                    + "|sha.*|sm[34]|pku|ospke|vaes|vpclmulqdq|gfni|amx.*|movdir.*|waitpkg|serialize|cldemote|enqcmd|ptwrite|user_shstk|cmpccxadd|apx.*";
    private static final String X86 = "flags";
    private static final Set<String> NAMES = Set.of(X86, "Features", "isa", "features");

    private CpuFlags() {}

    /** Those that programs ask for. @param cpuinfo text of /proc/cpuinfo, its beginning at least; sorted, empty when the architecture lists none */
    static List<String> parse(String cpuinfo) {
        TreeSet<String> flags = new TreeSet<>(all(cpuinfo));
        if (line(cpuinfo).startsWith(X86)) {
            Pattern ofPrograms = Pattern.compile(OF_PROGRAMS);
            flags.removeIf(flag -> !ofPrograms.matcher(flag).matches());
        }
        return List.copyOf(flags);
    }

    /** All that are listed, which takes no pattern; as above. */
    static Set<String> all(String cpuinfo) {
        String line = line(cpuinfo);
        Set<String> flags = new HashSet<>();
        int at = line.indexOf(':') + 1;
        while (at < line.length()) {
            int blank = line.indexOf(' ', at);
            int end = blank < 0 ? line.length() : blank;
            if (end > at) {
                flags.add(line.substring(at, end));
            }
            at = end + 1;
        }
        return flags;
    }

    /** Whether the list is in there from its beginning to its end. */
    static boolean isWhole(String cpuinfo) {
        String line = line(cpuinfo);
        return !line.isEmpty() && !cpuinfo.endsWith(line);
    }

    /** The line with the list, as {@code flags\t\t: fpu vme}; empty where there is none. */
    private static String line(String cpuinfo) {
        int start = 0;
        while (start < cpuinfo.length()) {
            int feed = cpuinfo.indexOf('\n', start);
            int end = feed < 0 ? cpuinfo.length() : feed;
            int colon = cpuinfo.indexOf(':', start);
            if (colon >= 0 && colon < end && NAMES.contains(cpuinfo.substring(start, colon).strip())) {
                return cpuinfo.substring(start, end);
            }
            start = end + 1;
        }
        return "";
    }

    static String hash(List<String> flags) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(KernelString.encode(String.join(" ", flags)));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JVM has it
        }
    }
}
