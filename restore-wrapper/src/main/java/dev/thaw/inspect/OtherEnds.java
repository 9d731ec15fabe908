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

    /** Empty for a kind that has no other end. */
    String of(FileImage file) {
        if (file instanceof FileImage.PipeEnd pipe) {
            return pipe(pipe);
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return unix(socket);
        }
        if (file instanceof FileImage.InetSocket socket) {
            return inet(socket);
        }
        return file instanceof FileImage.Tty tty ? image.tty(tty).map(this::terminal).orElse("") : "";
    }

    private String pipe(FileImage.PipeEnd pipe) {
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

    private String unix(FileImage.UnixSocket socket) {
        if (socket.isListening()) {
            return "listens" + (socket.name().isEmpty() ? "" : " at " + name(socket));
        }
        if (socket.peer() == 0) {
            return socket.isDatagram() ? socket.name().isEmpty() ? "" : "bound to " + name(socket) : "closed";
        }
        Optional<FileImage.UnixSocket> peer = image.peer(socket);
        if (peer.isPresent() && !peer.get().isExternPlaceholder()) {
            return inside(image.references(peer.get().id()));
        }
        String name = peer.filter(end -> !end.name().isEmpty()).map(end -> name(end) + ", ").orElse("");
        String key = "socket:[" + socket.peer() + "]";
        return name + outside(outside.stream().filter(end -> end.key().equals(key)).toList());
    }

    private static String inet(FileImage.InetSocket socket) {
        String own = endpoint(socket.sourceAddress(), socket.sourcePort());
        if (socket.isListening()) {
            return "listens at " + own;
        }
        return socket.destPort() == 0 ? socket.sourcePort() == 0 ? "" : "bound to " + own : own + " to " + endpoint(socket.destAddress(), socket.destPort());
    }

    private String terminal(TtyInfo terminal) {
        if (!terminal.isPty() && !terminal.isExternal()) {
            return "";
        }
        for (FileImage file : image.files().values()) {
            if (file instanceof FileImage.Tty tty && image.tty(tty).filter(other -> isCounterpart(terminal, other)).isPresent()) {
                return inside(image.references(file.id()));
            }
        }
        String key = "ptmx[" + terminal.rdev() % 256 + "]";
        return terminal.master() ? "" : outside(outside.stream().filter(end -> end.key().equals(key)).toList());
    }

    private static boolean isCounterpart(TtyInfo one, TtyInfo other) {
        return other.isPty() && one.isPty() && other.index() == one.index() && other.master() != one.master();
    }

    private static String inside(List<DescriptorRef> references) {
        List<String> texts = references.stream().map(reference -> "fd " + reference.fd() + " of pid " + reference.pid()).toList();
        return texts.isEmpty() ? "on its way through a socket" : some(texts);
    }

    private static String outside(List<Manifest.OtherEnd> ends) {
        if (ends.isEmpty()) {
            return "outside the image";
        }
        return "outside: " + some(ends.stream().map(end -> "pid " + end.pid() + " (" + end.command() + ")").distinct().toList());
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
