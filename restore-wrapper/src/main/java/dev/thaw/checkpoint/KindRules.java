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
    private static final int CLOCK_REALTIME_ALARM = 8;
    private static final int CLOCK_BOOTTIME_ALARM = 9;

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
                if (!isKnownTerminal(descriptor.specialDevice())) {
                    unsupportedDevice(text, descriptor);
                }
            }
            case "timerfd" -> timer(text, descriptor);
            case "eventpoll" -> epoll(process, text, descriptor);
            case "bpf-map" -> draft.add(Finding.problem(text, "criu dumps bpf maps only when it was built with libbpf, which packages of it are not",
                    "close it before the checkpoint"));
            default -> {
                if (descriptor.description().link().startsWith("/secretmem")) {
                    draft.add(Finding.problem(text, "nobody but the process can read secret memory, criu included", "close it before the checkpoint"));
                } else if (!KNOWN.contains(descriptor.kind())) {
                    draft.add(Finding.problem(text, "criu has no image for this kind of descriptor", "close it before the checkpoint"));
                }
            }
        }
    }

    private void ioUring(String text) {
        draft.add(Finding.problem(text, "criu cannot dump an io_uring: its requests are under way in the kernel",
                "start the program without: UV_USE_IO_URING=0 for Node.js, the setting of its own for others"));
    }

    /** The clocks that criu knows: CLOCK_REALTIME, MONOTONIC and BOOTTIME (criu/include/timerfd.h). */
    private void timer(String text, ScannedDescriptor descriptor) {
        int clock = descriptor.extras().timerClock().orElse(0);
        if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) {
            draft.add(Finding.problem(text + ", which wakes the machine", "criu does not know timers of the ALARM clocks", "close it before the checkpoint"));
        }
    }

    private void epoll(ScannedProcess process, String text, ScannedDescriptor descriptor) {
        if (!descriptor.extras().watched().isEmpty()) {
            int lost = descriptor.extras().watched().get(0).fd();
            draft.add(Finding.problem(text + " watches what was its fd " + lost, "the process has closed it, another process has it open still, "
                    + "and criu looks for it in " + process.text() + " only", "EPOLL_CTL_DEL before close, in the program"));
        }
    }

    /** criu/tty.c, get_tty_driver. */
    private static boolean isKnownTerminal(long device) {
        int major = FileStatus.major(device);
        int minor = FileStatus.minor(device);
        return switch (major) {
            case 4 -> minor > 0 && minor < 64;
            case 5 -> minor <= 2;
            case 188, 204 -> true;
            default -> major >= 136 && major <= 143;
        };
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
