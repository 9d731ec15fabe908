package dev.thaw.checkpoint;

import dev.thaw.linux.FileStatus;
import java.util.Set;

/** Kinds of descriptors that criu has no image for (criu/files.c, dump_one_file; criu/files-ext.c). */
final class KindRules {
    private static final Set<String> KNOWN = Set.of("file", "directory", "pipe", "fifo", "socket", "tty", "null", "memfd", "namespace", "eventfd",
            "eventpoll", "timerfd", "signalfd", "inotify", "fanotify", "bpf-map", "pidfd");
    /** null, zero, full, random, urandom, kmsg: criu opens them again by path. */
    private static final Set<Integer> MEMORY_DEVICES = Set.of(3, 5, 7, 8, 9, 11);
    private static final long TUN = FileStatus.device(10, 200);
    private static final long CURRENT_CONSOLE = FileStatus.device(4, 0);

    private final TreeScan scan;
    private final PlanDraft draft;

    KindRules(TreeScan scan, PlanDraft draft) {
        this.scan = scan;
        this.draft = draft;
    }

    void apply() {
        Set<Integer> pids = scan.pids();
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                check(process, descriptor, pids);
            }
            for (String mapped : process.mappings().anonymousInodes()) {
                if (mapped.contains("io_uring")) {
                    ioUring("a mapping of " + process.text() + ": " + mapped);
                }
            }
        }
    }

    private void check(ScannedProcess process, ScannedDescriptor descriptor, Set<Integer> pids) {
        String text = descriptor.text(process);
        switch (descriptor.kind()) {
            case "io_uring" -> ioUring(text);
            case "device" -> device(text, descriptor);
            case "pidfd" -> pidfd(text, descriptor, pids);
            case "tty" -> {
                if (descriptor.specialDevice() == CURRENT_CONSOLE) {
                    unsupportedDevice(text, descriptor);
                }
            }
            default -> {
                if (!KNOWN.contains(descriptor.kind())) {
                    draft.add(Finding.problem(text, "criu has no image for this kind of descriptor", "close it before the checkpoint"));
                }
            }
        }
    }

    private void ioUring(String text) {
        draft.add(Finding.problem(text, "criu cannot dump an io_uring: its requests are under way in the kernel",
                "start the program without: UV_USE_IO_URING=0 for Node.js, the setting of its own for others"));
    }

    private void device(String text, ScannedDescriptor descriptor) {
        boolean memory = FileStatus.major(descriptor.specialDevice()) == 1
                && MEMORY_DEVICES.contains(FileStatus.minor(descriptor.specialDevice()));
        if (descriptor.specialDevice() == TUN) {
            draft.add(Finding.problem(text, "criu dumps a tun device only together with the network namespace that it is in",
                    "start the program in a network namespace of its own"));
        } else if (!memory) {
            unsupportedDevice(text, descriptor);
        }
    }

    private void unsupportedDevice(String text, ScannedDescriptor descriptor) {
        draft.add(Finding.problem(text, "device " + descriptor.deviceNumbers() + " has a state of its own, for which criu has no image",
                "close it before the checkpoint", "--criu-option --libdir=DIR with a criu plugin for it, if there is one"));
    }

    private void pidfd(String text, ScannedDescriptor descriptor, Set<Integer> pids) {
        int target = descriptor.extras().pidfdTarget().orElse(-1);
        if (target > 0 && !pids.contains(target)) {
            draft.add(Finding.problem(text + " stands for pid " + target, "that process is outside the tree, and will be another one after a restore",
                    "close it before the checkpoint", "checkpoint a tree that has pid " + target + " in it"));
        }
    }
}
