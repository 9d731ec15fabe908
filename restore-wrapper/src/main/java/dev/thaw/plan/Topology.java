package dev.thaw.plan;

import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.OpenFlags;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who is connected with whom in an image: which ends are inside the dumped tree. */
final class Topology {
    private final ImageSnapshot image;
    private final Set<Long> pipesRead = new HashSet<>();
    private final Set<Long> pipesWritten = new HashSet<>();
    private final Set<Integer> ptyMasters = new HashSet<>();
    private final Set<Integer> sessions = new HashSet<>();
    private final Set<String> numbers = new HashSet<>();

    Topology(ImageSnapshot image, List<Subject> subjects) {
        this.image = image;
        Set<FileId> used = new HashSet<>();
        for (Subject subject : subjects) {
            if (used.add(subject.file().id())) {
                note(subject.file());
            }
        }
        image.files().values().stream().filter(file -> image.filesInFlight().contains(file.id().id())).forEach(this::note);
        image.processAndThreadIds().forEach(number -> numbers.add(String.valueOf(number)));
        for (TaskImage task : image.tasks()) {
            if (task.session() == task.pid()) {
                sessions.add(task.pid());
            }
        }
    }

    private void note(FileImage file) {
        if (file instanceof FileImage.PipeEnd pipe) {
            int access = pipe.flags() & OpenFlags.O_ACCMODE;
            if (access != OpenFlags.O_WRONLY) {
                pipesRead.add(pipe.pipeId());
            }
            if (access != OpenFlags.O_RDONLY) {
                pipesWritten.add(pipe.pipeId());
            }
        } else if (file instanceof FileImage.Tty tty) {
            terminal(tty).filter(info -> info.isPty() && info.master()).ifPresent(info -> ptyMasters.add(info.index()));
        }
    }

    /** True when the other end of the pipe is not in the tree. */
    boolean isExternal(FileImage.PipeEnd pipe) {
        return !pipesRead.contains(pipe.pipeId()) || !pipesWritten.contains(pipe.pipeId());
    }

    /** True when the socket was connected to somebody outside the tree. */
    boolean isExternal(FileImage.UnixSocket socket) {
        return socket.peer() != 0 && image.peer(socket).map(FileImage.UnixSocket::isExternPlaceholder).orElse(true);
    }

    Optional<TtyInfo> terminal(FileImage.Tty tty) {
        return image.tty(tty);
    }

    /** Of a descriptor that is no terminal, none. */
    Optional<TtyInfo> terminal(Subject subject) {
        return subject.file() instanceof FileImage.Tty tty ? terminal(tty) : Optional.empty();
    }

    /** True when the terminal's master is not in the tree, so that somebody else has to provide the terminal. */
    boolean isExternal(FileImage.Tty tty) {
        return terminal(tty).map(info -> info.isExternal()
                || info.isPty() && !info.master() && !ptyMasters.contains(info.index())).orElse(true);
    }

    /** True when the terminal controls a session whose leader is in the image: CRIU makes it the controlling terminal again. */
    boolean isControlling(FileImage.Tty tty) {
        return terminal(tty).map(info -> info.session() != 0 && sessions.contains(info.session())).orElse(false);
    }

    /** True for a file of a process that is restored too: below /proc it is not there yet, and will be when CRIU opens files. */
    boolean isProcOfTree(String path) {
        String[] parts = path.split("/", 4);
        return parts.length >= 3 && parts[1].equals("proc") && numbers.contains(parts[2]);
    }

    /** The image of a shell job: its session leader was the shell, outside. */
    boolean isShellJob() {
        return image.root().session() != image.root().pid();
    }
}
