package dev.thaw.fdbroker;

import java.util.OptionalInt;

/** Where a descriptor comes from: the right side of {@code --stdout} and {@code --map}. A value; {@link SourceParser} reads the text. */
public sealed interface Source {

    /** The text that {@link SourceParser} reads back as this value. */
    String text();

    /** The stream of thaw itself that has the number of the descriptor to be replaced. */
    record Inherit() implements Source {
        @Override
        public String text() {
            return "inherit";
        }
    }

    /** What the image recorded, opened again with the recorded access mode, status flags and offset. */
    record Original() implements Source {
        @Override
        public String text() {
            return "original";
        }
    }

    /** {@code /dev/null}, opened with the access mode that is wanted. */
    record Null() implements Source {
        @Override
        public String text() {
            return "null";
        }
    }

    /** A path to open. */
    record Open(String path, How how) implements Source {
        public Open {
            if (path.isEmpty()) {
                throw new IllegalArgumentException("path is empty");
            }
        }

        @Override
        public String text() {
            return how == How.AS_RECORDED ? path : how.word() + ":" + path;
        }
    }

    /** How {@link Open} opens. */
    enum How {
        /** O_WRONLY|O_APPEND, created when missing. */
        APPEND("append"),
        /** O_WRONLY, created or truncated. */
        TRUNCATE("file"),
        /** O_RDONLY. */
        READ("read"),
        /** O_RDWR, created when missing. */
        READ_WRITE("rw"),
        /** With the access mode, flags and offset that the image recorded for what is replaced; only for a path in place of a path. */
        AS_RECORDED("");

        private final String word;

        How(String word) {
            this.word = word;
        }

        /** The prefix in the text of a source. */
        public String word() {
            return word;
        }
    }

    /** Descriptor {@code number} that thaw itself was started with. */
    record Descriptor(int number) implements Source {
        public Descriptor {
            if (number < 0) {
                throw new IllegalArgumentException("negative descriptor: " + number);
            }
        }

        @Override
        public String text() {
            return "fd:" + number;
        }
    }

    /** A descriptor that the broker holds under this name. */
    record Broker(String name) implements Source {
        @Override
        public String text() {
            return "broker:" + name;
        }
    }

    /** A fresh stream to the journal; an empty identifier means the command's own name. */
    record Journal(String identifier) implements Source {
        @Override
        public String text() {
            return identifier.isEmpty() ? "journal" : "journal:" + identifier;
        }
    }

    /** A fresh pseudo-terminal, joined to thaw's terminal. */
    record Pty() implements Source {
        @Override
        public String text() {
            return "pty";
        }
    }

    /** The open file description that standard output gets; for standard error. */
    record SameAsStdout() implements Source {
        @Override
        public String text() {
            return "stdout";
        }
    }

    /** The number of thaw's own descriptor that this source stands for, when it replaces descriptor {@code target}. */
    static OptionalInt ownDescriptor(Source source, int target) {
        if (source instanceof Inherit) {
            return OptionalInt.of(target);
        }
        return source instanceof Descriptor descriptor ? OptionalInt.of(descriptor.number()) : OptionalInt.empty();
    }
}
