package dev.thaw.checkpoint;

import dev.thaw.linux.proc.ProcLink;
import java.util.HashSet;
import java.util.Set;

/** Terminals whose other side is outside the tree. */
final class TerminalRules {

    private final TreeScan scan;
    private final PlanDraft draft;
    private final Set<Integer> masters = new HashSet<>();
    private final Set<Integer> slaves = new HashSet<>();

    TerminalRules(TreeScan scan, PlanDraft draft) {
        this.scan = scan;
        this.draft = draft;
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                descriptor.extras().terminalIndex().ifPresent(masters::add);
                if (descriptor.slaveIndex() >= 0) {
                    slaves.add(descriptor.slaveIndex());
                }
            }
        }
    }

    void apply() {
        for (ScannedProcess process : scan.processes()) {
            process.descriptors().stream().filter(ScannedDescriptor::isControllingTerminal)
                    .forEach(descriptor -> controllingTerminal(process, descriptor));
        }
        // With --shell-job criu takes every terminal for one that restore provides.
        if (!draft.has("--shell-job")) {
            for (ScannedProcess process : scan.processes()) {
                process.descriptors().stream().filter(this::hasMasterOutside)
                        .forEach(descriptor -> draft.external(descriptor.description().key()));
            }
        }
    }

    /** criu wants to see the terminal itself beside /dev/tty, and not as an external one (criu/tty.c, tty_verify_ctty). */
    private void controllingTerminal(ScannedProcess process, ScannedDescriptor descriptor) {
        int index = slaveIndex(process.terminalDevice());
        if (!slaves.contains(index)) {
            draft.add(Finding.problem(descriptor.text(process), "criu can dump /dev/tty only beside a descriptor on the terminal that it stands for",
                    "close it before the checkpoint", "keep the terminal itself open in the program"));
        } else if (!masters.contains(index)) {
            draft.flag("--shell-job");
        }
    }

    /** A slave without any master left is an ended terminal, which criu restores as such. */
    private boolean hasMasterOutside(ScannedDescriptor descriptor) {
        int index = descriptor.slaveIndex();
        return index >= 0 && !masters.contains(index) && !ProcLink.isDeleted(descriptor.description().link());
    }

    /** From the encoding of /proc/PID/stat: minor in bits 0 to 7 and 20 to 31, major in 8 to 19. */
    private static int slaveIndex(int terminalDevice) {
        int major = terminalDevice >>> 8 & 0xfff;
        int minor = terminalDevice & 0xff | terminalDevice >>> 12 & 0xfff00;
        return major >= 136 && major <= 143 ? (major - 136 << 8) + minor : -1;
    }
}
