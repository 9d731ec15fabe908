package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.image.RemapImage;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which way of handing over is the weakest that is correct for a group of descriptors (reference: CRIU's inherit keys, per kind). */
final class Ways {
    private final PlanInput input;
    private final World world;

    Ways(PlanInput input, World world) {
        this.input = input;
        this.world = world;
    }

    /** A way and why. */
    record Choice(Handover.Way way, String because) {}

    /**
     * @param group descriptors to be replaced alike
     * @param ofSameKey every group with that key, this one included
     * @param untouched true when the key would also hit something that is not to be replaced
     */
    Choice of(Group group, List<Group> ofSameKey, boolean untouched) {
        if (!group.additions().isEmpty()) {
            return targeted("the descriptor was closed; it gets an entry of its own");
        }
        if (group.key().isEmpty()) {
            return targeted("this kind has no inherit key");
        }
        if (Search.any(group.subjects(), subject -> !subject.key().equals(group.key()))) {
            return targeted("several resources become one open file description");
        }
        if (untouched) {
            return targeted("its key would also replace what is not meant");
        }
        FileImage file = group.subjects().get(0).file();
        boolean sameOpening = Search.all(ofSameKey, other -> other.decision().opening().equals(group.decision().opening()));
        if (!sameOpening) {
            return targeted("its key stands for descriptors with other sources too");
        }
        if (file instanceof FileImage.PipeEnd) {
            return isReopenable(group.decision()) ? new Choice(Handover.Way.REOPENED, "CRIU opens the pipe again for each end")
                    : targeted("the source cannot be opened again as a pipe");
        }
        if (file instanceof FileImage.Tty tty) {
            return terminal(group, tty);
        }
        if (ofSameKey.size() > 1 || group.files().size() > 1) {
            return targeted("two open file descriptions share this key");
        }
        if (file instanceof FileImage.RegularFile regular && regular.external() || file instanceof FileImage.Fifo fifo && fifo.file().external()) {
            return targeted("an external's key would be checked against its old size");
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return unixSocket(socket);
        }
        if (file instanceof FileImage.RegularFile regular && regular.remap().filter(RemapImage.Kind.LINKED::equals).isPresent()) {
            return targeted("CRIU would take away the link that the dump made");
        }
        return new Choice(Handover.Way.BY_KEY, "one open file description, one key");
    }

    /** How the source is opened on this way: pipes that are to be as the image had them are opened again by us where CRIU doesn't do it. */
    Opening opening(Group group, Choice choice) {
        Opening opening = group.decision().opening();
        boolean pipes = !group.subjects().isEmpty() && Search.all(group.subjects(), subject -> subject.file() instanceof FileImage.PipeEnd);
        if (choice.way() == Handover.Way.TARGETED && pipes && own(group.decision()).filter(own -> own.status().isFifo()).isPresent()) {
            return new Opening.OwnAgain(((Opening.Own) opening).number(), group.subjects().get(0).file().flags() & Openings.REOPEN_MASK);
        }
        return opening;
    }

    private Choice unixSocket(FileImage.UnixSocket socket) {
        if (socket.peer() != 0 && !input.topology().isExternal(socket)) {
            // By key criu would reuse the descriptor for one end and lose the other, without a word.
            return targeted("its other end is in the tree");
        }
        if (socket.isDatagram() || socket.isHalfClosed()) {
            return targeted("CRIU hangs when such a socket is inherited by key");
        }
        return socket.isListening() ? targeted("CRIU would unlink the path of a listening socket")
                : new Choice(Handover.Way.BY_KEY, "one open file description, one key");
    }

    private Choice terminal(Group group, FileImage.Tty tty) {
        if (input.topology().isShellJob()) {
            return targeted("a shell job joins thaw's own session");
        }
        Optional<OwnDescriptor> own = own(group.decision());
        boolean isTerminal = group.decision().opening() instanceof Opening.Pty || own.filter(OwnDescriptor::terminal).isPresent();
        if (!isTerminal) {
            return targeted("the source is no terminal");
        }
        if (own.filter(OwnDescriptor::controlsSession).isPresent() && input.topology().isControlling(tty)) {
            return targeted("the terminal controls another session already");
        }
        return new Choice(Handover.Way.BY_KEY, "CRIU sets modes, size and control of the terminal");
    }

    private boolean isReopenable(Decision.Replaced decision) {
        Optional<OwnDescriptor> own = own(decision);
        if (own.isPresent()) {
            return own.get().isNull() || Set.of("pipe", "fifo", "tty").contains(own.get().kind());
        }
        return decision.opening() instanceof Opening.Path path && world.paths().getOrDefault(path.path(), Optional.empty())
                .filter(status -> status.isFifo() || path.path().equals("/dev/null")).isPresent()
                && (path.flags() & OpenFlags.O_PATH) == 0;
    }

    private Optional<OwnDescriptor> own(Decision.Replaced decision) {
        return decision.opening() instanceof Opening.Own own ? Optional.ofNullable(world.own().get(own.number())) : Optional.empty();
    }

    private static Choice targeted(String because) {
        return new Choice(Handover.Way.TARGETED, because);
    }
}
