package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Openings.Resolved;
import java.util.Optional;

/** What becomes of a descriptor that no rule speaks of: left to CRIU where it can, inherited or opened again where it cannot. */
final class AutomaticDecisions {
    private static final String AUTO = "auto";

    private final PlanInput input;
    private final World world;
    private final Openings openings;

    AutomaticDecisions(PlanInput input, World world, Openings openings) {
        this.input = input;
        this.world = world;
        this.openings = openings;
    }

    Decision of(Subject subject) {
        FileImage file = subject.file();
        if (file instanceof FileImage.RegularFile regular) {
            return regularFile(subject, regular);
        }
        if (file instanceof FileImage.Fifo fifo) {
            return fifo(subject, fifo);
        }
        if (file instanceof FileImage.PipeEnd pipe) {
            return input.topology().isExternal(pipe) ? stream(subject, pipeReason(pipe)) : new Decision.Left("both ends are in the tree");
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return unixSocket(subject, socket);
        }
        if (file instanceof FileImage.Tty tty) {
            return input.topology().isExternal(tty) ? stream(subject, "its terminal's other side was outside the dumped tree")
                    : new Decision.Left(terminalReason(tty));
        }
        return new Decision.Left(file instanceof FileImage.Memfd ? "its content is in the image" : "CRIU keeps it in the image");
    }

    private String terminalReason(FileImage.Tty tty) {
        Optional<TtyInfo> terminal = input.topology().terminal(tty);
        if (terminal.filter(TtyInfo::isPty).isEmpty()) {
            return "CRIU opens the terminal by its name again";
        }
        return terminal.get().master() ? "a terminal of the application's own" : "its master is in the tree";
    }

    private static String pipeReason(FileImage.PipeEnd pipe) {
        boolean reads = (pipe.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_RDONLY;
        return "its " + (reads ? "writer" : "reader") + " was outside the dumped tree and is gone";
    }

    private Decision regularFile(Subject subject, FileImage.RegularFile file) {
        if (file.external()) {
            return external(subject, file);
        }
        if (!file.path().startsWith("/") || !input.image().mounts().isEmpty()) {
            return new Decision.Left("in a mount namespace that is restored too");
        }
        if (file.remap().isPresent()) {
            return deleted(subject, file);
        }
        if (input.topology().isProcOfTree(file.path())) {
            return new Decision.Left("of a process that is restored too");
        }
        FileState state = FileState.of(file, world.at(file.path()));
        if (state instanceof FileState.Fits) {
            return new Decision.Left("unchanged");
        }
        if (state instanceof FileState.OtherType) {
            return new Decision.Failed(PlanProblem.of(noSource(subject) + KernelString.printable(file.path()), state.text(),
                    "put the file back", "--map '" + KernelString.printable(file.path()) + "=/other/path'"));
        }
        return replaced(openings.original(subject, Rule.Missing.ERROR, AUTO));
    }

    /** Deleted before the dump. Where another name of it was left, criu made one more, which the first restore uses up. */
    private Decision deleted(Subject subject, FileImage.RegularFile file) {
        Optional<String> link = Search.first(input.image().remaps(),
                remap -> remap.kind() == RemapImage.Kind.LINKED && remap.fileId() == file.id().id())
                .flatMap(remap -> input.image().regularFile(remap.remapId())).map(FileImage.RegularFile::path);
        if (link.isEmpty()) {
            return new Decision.Left("deleted before the dump; its content is in the image");
        }
        if (world.at(link.get()).isPresent()) {
            return new Decision.Left("deleted before the dump; CRIU kept it as " + KernelString.printable(link.get()) + " for one restore");
        }
        return new Decision.Failed(PlanProblem.of(noSource(subject) + KernelString.printable(file.path()),
                "it was deleted before the dump and kept as " + KernelString.printable(link.get()) + ", which an earlier restore has used up",
                "link the file to that name again", "--map " + subject.mapKey() + "=null, or another source"));
    }

    private Decision external(Subject subject, FileImage.RegularFile file) {
        return subject.isStream() ? replaced(openings.own(subject.fd(), subject, AUTO))
                : new Decision.Failed(PlanProblem.of(noSource(subject) + file.path(),
                        "it was declared external when it was dumped, so the image has no path",
                        "--map '" + file.path() + "=" + (file.isWritable() ? file.isReadable() ? "rw" : "append" : "read") + ":/path'"));
    }

    private Decision fifo(Subject subject, FileImage.Fifo fifo) {
        String path = fifo.file().path();
        if (!path.startsWith("/") || !input.image().mounts().isEmpty() || fifo.file().remap().isPresent()) {
            return new Decision.Left("CRIU makes the FIFO again");
        }
        if (world.at(path).filter(status -> status.isFifo()).isPresent()) {
            FileState state = FileState.of(fifo.file(), world.at(path));
            return state instanceof FileState.Fits ? new Decision.Left("the FIFO is there")
                    : replaced(Resolved.of(Openings.named(path, fifo.file()), state.text()));
        }
        return new Decision.Failed(PlanProblem.of(noSource(subject) + "FIFO " + KernelString.printable(path),
                world.at(path).isEmpty() ? "there is no such FIFO any more" : "there is something else at its path now",
                "mkfifo '" + KernelString.printable(path) + "'", "--map '" + KernelString.printable(path) + "=/other/fifo'"));
    }

    private static Decision noServer(Subject subject, String path) {
        return new Decision.Failed(PlanProblem.of(noSource(subject) + subject.link() + ", connected to " + KernelString.printable(path),
                "there is no socket of that name any more, so CRIU could not connect it again", "start the program that listens there",
                "--map fd:" + subject.pids().get(0) + "/" + subject.fd() + "=null"));
    }

    private Decision unixSocket(Subject subject, FileImage.UnixSocket socket) {
        Topology topology = input.topology();
        if (!topology.isExternal(socket)) {
            return new Decision.Left(socket.isListening() ? "listens again under its name" : socket.peer() == 0 ? "not connected"
                    : "both ends are in the tree");
        }
        Optional<String> peer = subject.peer();
        if (socket.isDatagram() && peer.isPresent() && !subject.isStream()) {
            if (peer.get().startsWith("/") && world.at(peer.get()).isEmpty()) {
                return noServer(subject, peer.get());
            }
            return new Decision.Left("CRIU connects it to " + KernelString.printable(peer.get()) + " again");
        }
        return stream(subject, "its peer" + peer.map(name -> " (" + KernelString.printable(name) + ")").orElse("")
                + " was outside the dumped tree");
    }

    /** A resource whose other end was outside: thaw's own stream of that number, or of the stream that it is a duplicate of. */
    private Decision stream(Subject subject, String because) {
        Optional<Integer> number = streamNumber(subject);
        if (number.isEmpty()) {
            String where = subject.mapKey();
            boolean reads = subject.wantedAccess() == OpenFlags.O_RDONLY;
            return new Decision.Failed(PlanProblem.of(noSource(subject) + subject.link() + direction(subject), because,
                    "--map '" + subject.key().map(key -> key.startsWith("/memfd:") ? key.substring(1) : key).orElse(where) + "="
                            + (reads ? "read:/path" : "append:/var/log/app.log") + "', or --map " + where + "=null"));
        }
        Resolved resolved = openings.own(number.get(), subject, AUTO);
        return resolved.isFailed() ? new Decision.Failed(resolved.problem())
                : new Decision.Replaced(resolved.opening(), AUTO, because + "; " + resolved.because(), -1);
    }

    /** A child's stream goes where that stream of the root goes which it is a duplicate of, even under another number. */
    private Optional<Integer> streamNumber(Subject subject) {
        if (subject.isStreamOfRoot()) {
            return Optional.of(subject.fd());
        }
        Optional<Integer> ofRoot = input.streamOrigin().ofRoot(subject);
        return ofRoot.isPresent() || !subject.isStream() ? ofRoot.or(() -> input.streamOrigin().ofAny(subject)) : Optional.of(subject.fd());
    }

    private static String direction(Subject subject) {
        if (!(subject.file() instanceof FileImage.PipeEnd)) {
            return "";
        }
        return subject.wantedAccess() == OpenFlags.O_RDONLY ? ", read end" : ", write end";
    }

    private static String noSource(Subject subject) {
        return "no source for " + subject.text() + ": ";
    }

    private static Decision replaced(Resolved resolved) {
        return resolved.isFailed() ? new Decision.Failed(resolved.problem())
                : new Decision.Replaced(resolved.opening(), AUTO, resolved.because(), -1);
    }
}
