package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.util.Set;

/** The terminal that controls thaw, if one does: whom its signals reach, and who is in its foreground. */
final class OwnTerminal {
    /** Typed, or caused by its window: the terminal sends them to every process of the foreground group. */
    private static final Set<Integer> OF_TERMINAL = Set.of(Signals.SIGINT, Signals.SIGTSTP, Signals.SIGWINCH);
    /** Sent by the shell to all of a job, also when it is in the background or when the terminal is gone. */
    private static final Set<Integer> OF_SHELL = Set.of(Signals.SIGHUP, Signals.SIGCONT);

    private final boolean there;
    private final boolean foregroundAtStart;

    private OwnTerminal(boolean there, boolean foregroundAtStart) {
        this.there = there;
        this.foregroundAtStart = foregroundAtStart;
    }

    static OwnTerminal now() {
        ProcessStat self = self();
        return new OwnTerminal(self.terminalDevice() != 0, isForeground(self));
    }

    /** To whom a signal that thaw got is to be passed on. */
    enum Delivery {
        /** To the process alone, as kill(1) does. */
        PROCESS,
        /** To the process's whole group, as the terminal does. */
        GROUP,
        /** To nobody: the process is in our group and got it itself. */
        HAS_IT
    }

    Delivery deliveryOf(int signal, int pid) {
        ProcessStat self = self();
        int group = ProcessCalls.getpgid(pid);
        boolean typed = isForeground(self) && OF_TERMINAL.contains(signal);
        if (group == self.processGroup()) {
            return typed || there && OF_SHELL.contains(signal) ? Delivery.HAS_IT : Delivery.PROCESS;
        }
        return typed && group == pid ? Delivery.GROUP : Delivery.PROCESS;
    }

    /** Puts us into the foreground again when the process took it and left nobody there. */
    void takeBack() {
        ProcessStat self = self();
        if (!foregroundAtStart || isForeground(self) || self.terminalGroup() <= 0 || hasMembers(self.terminalGroup())) {
            return;
        }
        try (OwnedFd terminal = FileCalls.open("/dev/tty", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY)) {
            TerminalCalls.setForegroundGroup(terminal.number(), self.processGroup());
        } catch (LinuxException terminalIsGone) {
            return;
        }
    }

    private static boolean hasMembers(int group) {
        try {
            ProcessCalls.kill(-group, 0);
            return true;
        } catch (LinuxException e) {
            return !e.is(Errno.ESRCH);
        }
    }

    private static boolean isForeground(ProcessStat self) {
        return self.terminalDevice() != 0 && self.terminalGroup() == self.processGroup();
    }

    private static ProcessStat self() {
        return ProcessStat.read(ProcessCalls.getpid()).orElseThrow();
    }
}
