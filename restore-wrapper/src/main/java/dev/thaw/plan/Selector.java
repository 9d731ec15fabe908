package dev.thaw.plan;

import dev.thaw.linux.OpenFlags;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Which descriptors a rule is about: the KEY of {@code --map}. */
public sealed interface Selector {

    /** The text as the user writes it. */
    String text();

    boolean matches(Candidate candidate);

    /** A path, or a glob over paths. */
    record PathGlob(String glob) implements Selector {
        @Override
        public String text() {
            return glob;
        }

        @Override
        public boolean matches(Candidate candidate) {
            return candidate.path().filter(path -> path.equals(glob) || Glob.matches(glob, path)).isPresent();
        }
    }

    /** Any kind with an inherit key of its own: pipes, unix sockets, terminals, memfds, externals. */
    record Key(String key) implements Selector {
        @Override
        public String text() {
            return key.startsWith("/memfd:") ? key.substring(1) : key;
        }

        @Override
        public boolean matches(Candidate candidate) {
            return candidate.key().filter(key::equals).isPresent();
        }
    }

    /**
     * One end of a thing that somebody kept while the application was not there; the thing is the same, so its inode is.
     *
     * @param key as {@link Candidate#object}
     * @param access O_RDONLY, O_WRONLY or O_RDWR
     */
    record Kept(String key, int access) implements Selector {
        @Override
        public String text() {
            return key;
        }

        @Override
        public boolean matches(Candidate candidate) {
            return candidate.object().filter(key::equals).isPresent() && candidate.access() == access;
        }
    }

    /** An external network or pid namespace by the name it was given at the dump: {@code net:NAME}, {@code pid:NAME}. */
    record Namespace(String text) implements Selector {
        @Override
        public boolean matches(Candidate candidate) {
            return false;
        }
    }

    /** Descriptor {@code fd} of one process, or of the root process where no pid is given. */
    record Descriptor(OptionalInt pid, int fd) implements Selector {
        @Override
        public String text() {
            return pid.isPresent() ? "fd:" + pid.getAsInt() + "/" + fd : "fd:" + fd;
        }

        @Override
        public boolean matches(Candidate candidate) {
            return candidate.fd() == fd
                    && (pid.isPresent() ? candidate.pids().contains(pid.getAsInt()) : candidate.ofRoot());
        }
    }

    /** The shape of a policy document: every given part has to match. */
    record Pattern(Optional<String> type, Optional<String> path, OptionalInt fd, OptionalInt pid, Optional<String> command,
            Optional<String> peer, String text) implements Selector {
        /** True when it is for a descriptor that the application had closed: it says so, and which. */
        boolean namesClosed() {
            return type.filter("closed"::equals).isPresent() && fd.isPresent();
        }

        @Override
        public boolean matches(Candidate candidate) {
            return type.map(word -> word.equals(candidate.kind())).orElse(true)
                    && path.map(glob -> candidate.path().filter(p -> p.equals(glob) || Glob.matches(glob, p)).isPresent()).orElse(true)
                    && (fd.isEmpty() || fd.getAsInt() == candidate.fd())
                    && (pid.isEmpty() || candidate.pids().contains(pid.getAsInt()))
                    && command.map(glob -> Search.any(candidate.commands(), c -> Glob.matches(glob, c))).orElse(true)
                    && peer.map(glob -> candidate.peer().filter(p -> Glob.matches(glob, p)).isPresent()).orElse(true);
        }
    }

    /** What a selector looks at. */
    interface Candidate {
        int fd();

        java.util.List<Integer> pids();

        boolean ofRoot();

        /** The word of the policy file: file, pipe, socket, tty, fifo, memfd, device, other, closed. */
        String kind();

        Optional<String> path();

        /** The inherit key, with a leading slash for memfds. */
        Optional<String> key();

        /** {@code pipe:[INODE]} or {@code socket:[INODE]}, of sockets without an inherit key too. */
        default Optional<String> object() {
            return key();
        }

        /** O_RDONLY, O_WRONLY or O_RDWR. */
        default int access() {
            return OpenFlags.O_RDWR;
        }

        java.util.List<String> commands();

        /** The name of the other end of a socket. */
        Optional<String> peer();
    }

    /**
     * Reads the KEY of {@code --map}.
     *
     * @throws IllegalArgumentException with a text for the user
     */
    static Selector parse(String text) {
        if (text.startsWith("/memfd:") || text.startsWith("memfd:")) {
            return new Key(text.startsWith("/") ? text : "/" + text);
        }
        if (text.startsWith("/")) {
            return new PathGlob(text);
        }
        if (text.startsWith("fd:")) {
            return descriptor(text);
        }
        if (text.matches("(pipe|socket):\\[[0-9]+]|tty\\[[0-9a-f]+:[0-9a-f]+]|file\\[[0-9a-f]+:[0-9a-f]+]")) {
            return new Key(text);
        }
        if (text.matches("(net|pid):.+")) {
            return new Namespace(text);
        }
        throw new IllegalArgumentException("'" + text + "' is no key; one of: /PATH or a glob over paths, pipe:[INODE], socket:[INODE], "
                + "tty[RDEV:DEV] (hexadecimal), memfd:NAME, fd:N, fd:PID/N, net:NAME, pid:NAME");
    }

    private static Selector descriptor(String text) {
        String rest = text.substring(3);
        int slash = rest.indexOf('/');
        OptionalLong pid = slash < 0 ? OptionalLong.empty() : number(rest.substring(0, slash));
        OptionalLong fd = number(rest.substring(slash + 1));
        if (fd.isEmpty() || slash >= 0 && pid.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "': fd:N is descriptor N of the root process, fd:PID/N that of another");
        }
        return new Descriptor(pid.isPresent() ? OptionalInt.of((int) pid.getAsLong()) : OptionalInt.empty(), (int) fd.getAsLong());
    }

    private static OptionalLong number(String digits) {
        return digits.matches("[0-9]{1,9}") ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }
}
