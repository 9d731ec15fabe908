package dev.thaw.compat;

import dev.thaw.linux.KernelString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What programs ask of a processor before they choose their instructions. A C library or a JVM asks once, at its start; a restored one goes
 * on with the answer that it got elsewhere.
 */
final class CpuFlags {
    /** On x86 the list also has what concerns the kernel alone, and that differs from one microcode to the next. */
    private static final Pattern OF_PROGRAMS = Pattern.compile(
            "lm|tsc|cx8|cx16|cmov|mmx|mmxext|fxsr|fxsr_opt|pni|ssse3|sse.*|pclmulqdq|fma4?|xop|tbm|lwp|movbe|popcnt|aes|xsave.*|xgetbv1|avx.*|f16c"
                    + "|rdrand|rdseed|rdtscp|rdpid|lahf_lm|abm|3dnow.*|fsgsbase|bmi[12]|erms|fsrm|fzrm|fsrs|fsrc|mpx|rtm|hle|adx|clflush.*|clwb|clzero"
                    + "|sha.*|sm[34]|pku|ospke|vaes|vpclmulqdq|gfni|amx.*|movdir.*|waitpkg|serialize|cldemote|enqcmd|ptwrite|user_shstk|cmpccxadd|apx.*");

    private CpuFlags() {}

    /** @param cpuinfo text of /proc/cpuinfo, its beginning at least; sorted, empty when the architecture lists none */
    static List<String> parse(String cpuinfo) {
        for (String line : cpuinfo.split("\n")) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon).strip();
            if (name.equals("flags") || name.equals("Features") || name.equals("isa") || name.equals("features")) {
                boolean x86 = name.equals("flags");
                TreeSet<String> flags = new TreeSet<>(List.of(line.substring(colon + 1).strip().split("\\s+")));
                flags.removeIf(flag -> flag.isEmpty() || x86 && !OF_PROGRAMS.matcher(flag).matches());
                return List.copyOf(flags);
            }
        }
        return List.of();
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
