package dev.thaw.linux;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** Signal numbers of Linux on x86-64 and aarch64 (man 7 signal); real-time signals are counted as glibc does, from 34 to 64. */
public final class Signals {

    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGABRT = 6;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGKILL = 9;
    public static final int SIGUSR1 = 10;
    public static final int SIGSEGV = 11;
    public static final int SIGUSR2 = 12;
    public static final int SIGPIPE = 13;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGSTKFLT = 16;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;
    public static final int SIGTSTP = 20;
    public static final int SIGTTIN = 21;
    public static final int SIGTTOU = 22;
    public static final int SIGURG = 23;
    public static final int SIGXCPU = 24;
    public static final int SIGXFSZ = 25;
    public static final int SIGVTALRM = 26;
    public static final int SIGPROF = 27;
    public static final int SIGWINCH = 28;
    public static final int SIGIO = 29;
    public static final int SIGPWR = 30;
    public static final int SIGSYS = 31;
    public static final int SIGRTMIN = 34;
    public static final int SIGRTMAX = 64;

    private static final String[] NAMES = {
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"};

    private Signals() {
    }

    /** {@code SIGTERM}, {@code SIGRTMIN+2}; {@code signal 99} for a number without a name. */
    public static String name(int signal) {
        if (signal >= 1 && signal <= NAMES.length) {
            return "SIG" + NAMES[signal - 1];
        }
        if (signal == SIGRTMAX) {
            return "SIGRTMAX";
        }
        if (signal >= SIGRTMIN && signal < SIGRTMAX) {
            return signal == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + (signal - SIGRTMIN);
        }
        return "signal " + signal;
    }

    /** The number for a name with or without SIG, in any case, or for the number itself in decimal; empty when it is no signal. */
    public static OptionalInt number(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        Integer number = Numbers.BY_NAME.get(upper.startsWith("SIG") ? upper.substring(3) : upper);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** Made by whoever asks first: few do. */
    private static final class Numbers {
        static final Map<String, Integer> BY_NAME = numbers();

        private static Map<String, Integer> numbers() {
            Map<String, Integer> numbers = new HashMap<>();
            for (int signal = 1; signal <= SIGRTMAX; signal++) {
                String name = name(signal);
                if (name.startsWith("SIG")) {
                    numbers.put(name.substring(3), signal);
                    numbers.put(Integer.toString(signal), signal);
                }
            }
            for (int offset = 1; offset < SIGRTMAX - SIGRTMIN; offset++) {
                numbers.put("RTMAX-" + offset, SIGRTMAX - offset);
            }
            numbers.put("POLL", SIGIO);
            numbers.put("IOT", SIGABRT);
            return numbers;
        }
    }
}
