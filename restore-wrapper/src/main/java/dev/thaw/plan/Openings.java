package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FileImage;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Turns a source that somebody chose into what the executor does: {@link Opening}. */
final class Openings {
    /** Flags that open(2) takes again; the rest of what F_GETFL shows are marks of the past. */
    static final int REOPEN_MASK = OpenFlags.O_ACCMODE | OpenFlags.O_APPEND | OpenFlags.O_NONBLOCK | OpenFlags.O_SYNC
            | OpenFlags.O_DSYNC | OpenFlags.O_DIRECT | OpenFlags.O_NOATIME | OpenFlags.O_DIRECTORY | OpenFlags.O_PATH;

    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final CgroupFiles.View dumped;

    Openings(PlanInput input, World world, RestoreOptions options, CgroupFiles.View dumped) {
        this.input = input;
        this.world = world;
        this.options = options;
        this.dumped = dumped;
    }

    /** A resolved source, or the reason there is none. */
    record Resolved(Opening opening, String because, PlanProblem problem) {
        static Resolved of(Opening opening, String because) {
            return new Resolved(opening, because, null);
        }

        static Resolved failed(PlanProblem problem) {
            return new Resolved(null, "", problem);
        }

        boolean isFailed() {
            return problem != null;
        }
    }

    Resolved resolve(Source source, Subject subject, Rule.Missing missing, String rule) {
        if (source instanceof Source.Inherit) {
            return own(subject.fd(), subject, rule);
        }
        if (source instanceof Source.Descriptor descriptor) {
            return own(descriptor.number(), subject, rule);
        }
        if (source instanceof Source.Null) {
            return Resolved.of(nothing(subject), rule);
        }
        if (source instanceof Source.Open open) {
            return open(open, subject, missing, rule);
        }
        if (source instanceof Source.Broker broker) {
            return broker(broker.name(), subject, rule);
        }
        if (source instanceof Source.Journal journal) {
            String name = journal.identifier().isEmpty() && !subject.commands().isEmpty() ? subject.commands().get(0) : journal.identifier();
            return Resolved.of(new Opening.Journal(name), rule);
        }
        if (source instanceof Source.Pty) {
            return Resolved.of(new Opening.Pty(), rule);
        }
        return original(subject, missing, rule);
    }

    /** Own descriptors that are one open file description count as one source, so that what was shared stays shared. */
    Resolved own(int number, Subject subject, String rule) {
        OwnDescriptor own = world.own().get(number);
        if (own == null) {
            return Resolved.failed(PlanProblem.of(rule + ": thaw was started without descriptor " + number,
                    "it is to become " + subject.text(), "start thaw with it open, e.g. `" + number + "</path` in a shell",
                    "--map " + subject.mapKey() + "=null"));
        }
        boolean reopened = subject.file() instanceof FileImage.PipeEnd && own.status().isFifo();
        if (!reopened && !own.isNull() && !own.allows(subject.wantedAccess()) && subject.wantedAccess() != OpenFlags.O_RDWR) {
            return Resolved.failed(PlanProblem.of(rule + ": descriptor " + number + " is open for " + OpenFlags.access(own.flags()) + " only",
                    subject.text() + " was open for " + OpenFlags.access(subject.wantedAccess()) + ": " + subject.link(),
                    "open it with the access mode that the application needs"));
        }
        return Resolved.of(new Opening.Own(own.sameAs()), "own descriptor " + number + " is a " + own.kind()
                + (own.closedByCaller() ? " (it was closed, so /dev/null)" : ""));
    }

    private Opening nothing(Subject subject) {
        int access = subject.file().flags() & OpenFlags.O_ACCMODE;
        return new Opening.Path("/dev/null", access, OptionalInt.empty(), -1);
    }

    private Resolved broker(String name, Subject subject, String rule) {
        if (world.brokerNames().isEmpty()) {
            return Resolved.failed(PlanProblem.unavailable(rule + ": there is no broker to ask for '" + name + "'",
                    "it is to become " + subject.text(), "name its socket: --broker SOCKET", "start one: thaw broker serve"));
        }
        if (!world.brokerNames().get().contains(name)) {
            return Resolved.failed(PlanProblem.unavailable(rule + ": the broker holds no descriptor named '" + name + "'",
                    "it holds " + (world.brokerNames().get().isEmpty() ? "none" : String.join(", ", world.brokerNames().get())),
                    "another source"));
        }
        return Resolved.of(new Opening.Broker(name), rule);
    }

    private Resolved open(Source.Open open, Subject subject, Rule.Missing missing, String rule) {
        int wanted = subject.wantedAccess();
        switch (open.how()) {
            case APPEND:
                return checked(new Opening.Path(open.path(), OpenFlags.O_WRONLY | OpenFlags.O_APPEND, OptionalInt.of(0666), -1), subject, rule);
            case TRUNCATE:
                return checked(new Opening.Path(open.path(), OpenFlags.O_WRONLY | OpenFlags.O_TRUNC, OptionalInt.of(0666), -1), subject, rule);
            case READ:
                return checked(new Opening.Path(open.path(), OpenFlags.O_RDONLY, OptionalInt.empty(), -1), subject, rule);
            case READ_WRITE:
                return checked(new Opening.Path(open.path(), OpenFlags.O_RDWR, OptionalInt.of(0666), -1), subject, rule);
            default:
                if (subject.file() instanceof FileImage.Fifo fifo) {
                    return checked(named(open.path(), fifo.file()), subject, rule);
                }
                if (!(subject.file() instanceof FileImage.RegularFile regular)) {
                    return checked(new Opening.Path(open.path(), wanted, OptionalInt.empty(), -1), subject, rule);
                }
                return at(open.path(), regular, subject, missing, rule, "named by the rule");
        }
    }

    private Resolved checked(Opening.Path opening, Subject subject, String rule) {
        int wanted = subject.wantedAccess();
        int given = opening.flags() & OpenFlags.O_ACCMODE;
        if (given != OpenFlags.O_RDWR && given != wanted && wanted != OpenFlags.O_RDWR) {
            return Resolved.failed(PlanProblem.of(rule + ": opens for " + OpenFlags.access(given) + " only",
                    subject.text() + " was open for " + OpenFlags.access(wanted) + ": " + subject.link(),
                    wanted == OpenFlags.O_RDONLY ? "read:PATH" : "append:PATH or file:PATH", "rw:PATH"));
        }
        if (opening.createMode().isEmpty() && world.at(opening.path()).isEmpty()) {
            return Resolved.failed(PlanProblem.unavailable(rule + ": " + KernelString.printable(opening.path()) + " does not exist",
                    "it is to become " + subject.text(), "create it, or name another source"));
        }
        return Resolved.of(opening, rule);
    }

    /** The recorded file itself, as it is now. */
    Resolved original(Subject subject, Rule.Missing missing, String rule) {
        if (subject.file() instanceof FileImage.RegularFile regular && regular.path().startsWith("/")) {
            return at(regular.path(), regular, subject, missing, rule, FileState.of(regular, world.at(regular.path())).text());
        }
        return Resolved.failed(PlanProblem.of(rule + ": a " + subject.kind() + " cannot be opened again by name",
                subject.text() + " is " + KernelString.printable(subject.link()), "--map " + subject.mapKey() + "=null, or another source"));
    }

    private Resolved at(String path, FileImage.RegularFile file, Subject subject, Rule.Missing missing, String rule, String because) {
        Optional<FileStatus> now = world.at(path);
        if (now.isPresent()) {
            return Resolved.of(reopening(path, file, now), because);
        }
        if (CgroupFiles.isCgroupFile(path, dumped)) {
            return fromCgroup(path, file, subject, missing, rule);
        }
        int access = file.flags() & OpenFlags.O_ACCMODE;
        Optional<FileStatus> parent = world.at(parent(path));
        if (access == OpenFlags.O_WRONLY && parent.filter(FileStatus::isDirectory).isPresent()) {
            return Resolved.of(new Opening.Path(path, file.flags() & REOPEN_MASK, OptionalInt.of(file.mode().orElse(0644) & 07777), -1),
                    "it was moved or removed, and the application only writes to it: created anew");
        }
        if (missing == Rule.Missing.NULL) {
            return Resolved.of(nothing(subject), KernelString.printable(path) + " is not there any more");
        }
        String text = KernelString.printable(path);
        return Resolved.failed(PlanProblem.of("no source for " + subject.text() + ": " + text + ", " + OpenFlags.access(file.flags()),
                "there is no such file any more", "--map '" + KernelString.printable(file.path()) + "=/other/path'",
                "--map " + subject.mapKey() + "=null"));
    }

    /** The same file in the cgroup that restore runs in. */
    Resolved fromCgroup(String path, FileImage.RegularFile file, Subject subject, Rule.Missing missing, String rule) {
        List<String> candidates = CgroupFiles.candidates(path, dumped, view(), options.cgroup());
        for (String candidate : missing == Rule.Missing.NEAREST ? candidates : candidates.stream().limit(1).toList()) {
            if (world.at(candidate).isPresent()) {
                return Resolved.of(reopening(candidate, file, world.at(candidate)), "the same file of the cgroup we are in");
            }
        }
        if (missing == Rule.Missing.NULL) {
            return Resolved.of(nothing(subject), KernelString.printable(path) + " has no counterpart in the cgroup we are in");
        }
        String text = KernelString.printable(path);
        return Resolved.failed(new PlanProblem("no source for " + subject.text() + ": " + text, whyNowhere(path, candidates),
                List.of("--map '" + text + "=/sys/fs/cgroup/…' with the file that takes its place", "--cgroup PATH",
                        "--map " + subject.mapKey() + "=null")));
    }

    private List<String> whyNowhere(String path, List<String> candidates) {
        if (!CgroupFiles.isCgroupFile(path, dumped)) {
            return List.of("it was not below a cgroup mount of the dumped process");
        }
        if (options.cgroup() instanceof CgroupChoice.Original) {
            return List.of("the cgroup that it belongs to is gone", "--cgroup original looks nowhere else");
        }
        return List.of("the cgroup that it belongs to is gone", candidates.isEmpty()
                ? "its hierarchy, or the cgroup of the dumped process in it, is not known here"
                : "looked for it at " + KernelString.printable(candidates.get(0)));
    }

    private CgroupFiles.View view() {
        return new CgroupFiles.View(world.cgroups(), world.cgroupMounts());
    }

    /** What has no offset, with the recorded flags. */
    static Opening.Path named(String path, FileImage.RegularFile file) {
        return new Opening.Path(path, file.flags() & REOPEN_MASK, OptionalInt.empty(), -1);
    }

    /** With the recorded flags; the offset is kept within what is there: a rotated log must not get a hole. */
    private Opening reopening(String path, FileImage.RegularFile file, Optional<FileStatus> now) {
        boolean appends = (file.flags() & OpenFlags.O_APPEND) != 0;
        long seek = file.position();
        FileStatus status = now.get();
        if (!status.isRegular() || seek < 0 || (file.flags() & OpenFlags.O_PATH) != 0) {
            seek = -1;
        } else if (appends && (file.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_WRONLY) {
            seek = status.size();
        } else if (status.size() > 0 || file.size().orElse(0) > 0) {
            seek = Math.min(seek, status.size());
        }
        return new Opening.Path(path, file.flags() & REOPEN_MASK, OptionalInt.empty(), seek);
    }

    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }
}
