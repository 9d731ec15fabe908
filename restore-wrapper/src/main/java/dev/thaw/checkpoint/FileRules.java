package dev.thaw.checkpoint;

import dev.thaw.checkpoint.ScannedDescriptor.Place;
import java.util.HashSet;
import java.util.Set;

/** Files whose path does not lead to them any more, and locks. */
final class FileRules {
    private static final Set<String> BY_PATH = Set.of("file", "directory", "fifo", "null", "device");

    private final TreeScan scan;
    private final DumpOptions options;
    private final PlanDraft draft;
    private final Set<String> lost = new HashSet<>();

    FileRules(TreeScan scan, DumpOptions options, PlanDraft draft) {
        this.scan = scan;
        this.options = options;
        this.draft = draft;
    }

    void apply() {
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                if (!descriptor.extras().locks().isEmpty()) {
                    locked(process, descriptor);
                }
                if (BY_PATH.contains(descriptor.kind())) {
                    place(process, descriptor);
                }
            }
            for (Mappings.Deleted mapped : process.mappings().deleted()) {
                deleted("a mapping of " + process.text() + ": " + mapped.path(), mapped.sizeBytes(), mapped.links());
            }
        }
    }

    private void place(ScannedProcess process, ScannedDescriptor descriptor) {
        Place place = descriptor.place();
        if (place == Place.DELETED && descriptor.kind().equals("file")) {
            deleted(descriptor.text(process), descriptor.sizeBytes(), descriptor.links());
        } else if (place == Place.HIDDEN || place == Place.OTHER_MOUNT) {
            // Both numbers in hexadecimal: criu/files-reg.c, dump_one_reg_file.
            draft.external("file[%x:%x]".formatted(descriptor.description().mountId(), descriptor.description().inode()));
            String because = place == Place.HIDDEN ? "something is mounted over its path" : "the mount that it is on is not one of the root process's";
            draft.add(Finding.needs(descriptor.text(process) + " cannot be reached by its path", because + ", so criu leaves it to restore",
                    "restore with --map fd:" + process.pid() + "/" + descriptor.fd() + "=SOURCE"));
        }
    }

    private void deleted(String text, long sizeBytes, long links) {
        if (links == 0) {
            draft.ghost(sizeBytes);
            return;
        }
        draft.flag("--link-remap");
        if (options.leaveRunning()) {
            draft.add(Finding.problem(text + " is deleted, and the file has another name", "criu would make a link beside it for the restore, and takes "
                    + "that away again when the process goes on running", "without --leave-running", "close the file before the checkpoint"));
        }
    }

    private void locked(ScannedProcess process, ScannedDescriptor descriptor) {
        draft.flag("--file-locks");
        for (FdExtras.Lock lock : descriptor.extras().locks()) {
            if (lock.pid() > 0 && scan.process(lock.pid()).isEmpty() && lock.kind().equals("FLOCK")) {
                draft.add(Finding.needs(descriptor.text(process) + " is locked through a description that pid " + lock.pid() + " has locked",
                        "if that process still has it open, it keeps the lock, and a restore cannot take it", "end it before the restore"));
            } else if (lock.kind().equals("POSIX") && process.mappings().special().locked().contains(lock.file()) && lost.add(process.pid() + lock.file())) {
                // criu/cr-restore.c: locks are taken before mappings are opened; and man 2 fcntl: any close of the file gives them up.
                draft.add(Finding.differs(descriptor.text(process) + " is locked and mapped", "criu locks the file, maps it and closes what it mapped it "
                        + "by, which gives up the POSIX locks of a process: after a restore it has none, and does not know",
                        "locks that stay: flock(2), or fcntl(2) with F_OFD_SETLK", "SQLite: any journal_mode but WAL, or locking_mode=EXCLUSIVE with it"));
            }
        }
    }
}
