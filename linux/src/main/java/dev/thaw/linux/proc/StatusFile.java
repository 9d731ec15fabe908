package dev.thaw.linux.proc;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code /proc/PID/status}.
 *
 * @param fields values by the name before the colon, in the file's order, without the blanks around them
 */
public record StatusFile(Map<String, String> fields) {

    public StatusFile {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** Reads the text of the file; a line without a colon is skipped. */
    public static StatusFile parse(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).trim());
            }
        }
        return new StatusFile(fields);
    }

    /** Of a process, or of one thread by its id; ENOENT or ESRCH when there is none. */
    public static StatusFile read(int pid) {
        return parse(ProcFile.read("/proc/" + pid + "/status"));
    }

    /**
     * One value.
     *
     * @throws IllegalArgumentException when the kernel does not give this field
     */
    public String field(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no " + name + " in /proc/PID/status");
        }
        return value;
    }

    /** Signals that the process ignores. */
    public Set<Integer> ignoredSignals() {
        return signals("SigIgn");
    }

    /** Signals that the main thread blocks. */
    public Set<Integer> blockedSignals() {
        return signals("SigBlk");
    }

    /** Signals that the process handles. */
    public Set<Integer> caughtSignals() {
        return signals("SigCgt");
    }

    /** Effective capabilities, bit n for capability n. */
    public long capEff() {
        return Long.parseUnsignedLong(field("CapEff"), 16);
    }

    /** Permitted capabilities, bit n for capability n. */
    public long capPrm() {
        return Long.parseUnsignedLong(field("CapPrm"), 16);
    }

    /** The pid in each pid namespace, ours first, the process's own last. */
    public List<Integer> nsPid() {
        return numbers("NSpid");
    }

    /** Real, effective, saved and file system user id. */
    public List<Integer> uids() {
        return numbers("Uid");
    }

    /** Real, effective, saved and file system group id. */
    public List<Integer> gids() {
        return numbers("Gid");
    }

    /** Real user id. */
    public int uid() {
        return uids().get(0);
    }

    /** Real group id. */
    public int gid() {
        return gids().get(0);
    }

    /** Of this thread: 0 for none, 1 for strict, 2 for filters. */
    public int seccomp() {
        return Integer.parseInt(field("Seccomp"));
    }

    /** Whether exec can never give the process more rights. */
    public boolean noNewPrivs() {
        return field("NoNewPrivs").equals("1");
    }

    private List<Integer> numbers(String name) {
        List<Integer> numbers = new ArrayList<>();
        for (String number : field(name).split("\t")) {
            numbers.add(Integer.parseUnsignedInt(number));
        }
        return List.copyOf(numbers);
    }

    private Set<Integer> signals(String name) {
        long mask = Long.parseUnsignedLong(field(name), 16);
        Set<Integer> signals = new TreeSet<>();
        for (int signal = 1; signal <= 64; signal++) {
            if ((mask >>> signal - 1 & 1) != 0) {
                signals.add(signal);
            }
        }
        return signals;
    }
}
