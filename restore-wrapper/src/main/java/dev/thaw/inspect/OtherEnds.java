package dev.thaw.inspect;

import dev.thaw.image.DescriptorRef;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.TtyInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says who is at the other end of pipes, sockets and terminals: inside the image, or outside as the manifest remembers it. */
final class OtherEnds {
    private static final int SHOWN = 3;

    private final ImageSnapshot image;
    private final List<Manifest.OtherEnd> outside;

    OtherEnds(ImageSnapshot image, Optional<Manifest> manifest) {
        this.image = image;
        this.outside = manifest.map(Manifest::outside).orElse(List.of());
    }

    /**
     * The other end of a descriptor.
     *
     * @param text for people; empty for a kind that has no other end
     * @param inside descriptors of the image that are it
     * @param outside who has it outside of the image; one text that says no more than that when nobody is known
     */
    record End(String text, List<DescriptorRef> inside, List<String> outside) {
        static final End NONE = new End("", List.of(), List.of());

        static End said(String text) {
            return new End(text, List.of(), List.of());
        }

        private End behind(String name) {
            return new End(name + text, inside, outside);
        }
    }

    End of(FileImage file) {
        if (file instanceof FileImage.PipeEnd pipe) {
            return pipe(pipe);
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return unix(socket);
        }
        if (file instanceof FileImage.InetSocket socket) {
            return inet(socket);
        }
        return file instanceof FileImage.Tty tty ? image.tty(tty).map(this::terminal).orElse(End.NONE) : End.NONE;
    }

    private End pipe(FileImage.PipeEnd pipe) {
        List<DescriptorRef> inside = new ArrayList<>();
        for (FileImage.PipeEnd end : image.pipeEnds(pipe.pipeId())) {
            boolean other = pipe.isReader() && end.isWriter() || pipe.isWriter() && end.isReader();
            if (other && !end.id().equals(pipe.id())) {
                inside.addAll(image.references(end.id()));
            }
        }
        String wanted = pipe.isReader() ? "write" : "read";
        String key = "pipe:[" + pipe.pipeId() + "]";
        return inside.isEmpty() ? outside(outside.stream().filter(end -> end.key().equals(key) && end.access().equals(wanted)).toList())
                : inside(inside);
    }

    private End unix(FileImage.UnixSocket socket) {
        if (socket.isListening()) {
            return End.said("listens" + (socket.name().isEmpty() ? "" : " at " + name(socket)));
        }
        if (socket.peer() == 0) {
            return End.said(socket.isDatagram() ? socket.name().isEmpty() ? "" : "bound to " + name(socket) : "closed");
        }
        Optional<FileImage.UnixSocket> peer = image.peer(socket);
        if (peer.isPresent() && !peer.get().isExternPlaceholder()) {
            return inside(image.references(peer.get().id()));
        }
        String name = peer.filter(end -> !end.name().isEmpty()).map(end -> name(end) + ", ").orElse("");
        String key = "socket:[" + socket.peer() + "]";
        return outside(outside.stream().filter(end -> end.key().equals(key)).toList()).behind(name);
    }

    private static End inet(FileImage.InetSocket socket) {
        String own = endpoint(socket.sourceAddress(), socket.sourcePort());
        if (socket.isListening()) {
            return End.said("listens at " + own);
        }
        if (socket.destPort() != 0) {
            String peer = endpoint(socket.destAddress(), socket.destPort());
            return new End(own + " to " + peer, List.of(), List.of(peer));
        }
        return socket.sourcePort() == 0 ? End.NONE : End.said("bound to " + own);
    }

    private End terminal(TtyInfo terminal) {
        if (!terminal.isPty() && !terminal.isExternal()) {
            return End.NONE;
        }
        for (FileImage file : image.files().values()) {
            if (file instanceof FileImage.Tty tty && image.tty(tty).filter(other -> isCounterpart(terminal, other)).isPresent()) {
                return inside(image.references(file.id()));
            }
        }
        String key = "ptmx[" + terminal.rdev() % 256 + "]";
        return terminal.master() ? End.NONE : outside(outside.stream().filter(end -> end.key().equals(key)).toList());
    }

    private static boolean isCounterpart(TtyInfo one, TtyInfo other) {
        return other.isPty() && one.isPty() && other.index() == one.index() && other.master() != one.master();
    }

    private static End inside(List<DescriptorRef> references) {
        List<String> texts = references.stream().map(reference -> "fd " + reference.fd() + " of pid " + reference.pid()).toList();
        return new End(texts.isEmpty() ? "on its way through a socket" : some(texts), references, List.of());
    }

    private static End outside(List<Manifest.OtherEnd> ends) {
        if (ends.isEmpty()) {
            return new End("outside the image", List.of(), List.of("outside the image"));
        }
        List<String> texts = ends.stream().map(end -> "pid " + end.pid() + " (" + end.command() + ")").distinct().toList();
        return new End("outside: " + some(texts), List.of(), texts);
    }

    private static String some(List<String> texts) {
        String shown = String.join(", ", texts.subList(0, Math.min(SHOWN, texts.size())));
        return texts.size() > SHOWN ? shown + " and " + (texts.size() - SHOWN) + " more" : shown;
    }

    private static String name(FileImage.UnixSocket socket) {
        return socket.isAbstract() ? "@" + socket.name().substring(1) : socket.name();
    }

    private static String endpoint(String address, int port) {
        return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + port;
    }
}
