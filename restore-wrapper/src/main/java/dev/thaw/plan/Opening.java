package dev.thaw.plan;

import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import java.util.OptionalInt;

/** How the descriptor of a handover comes into being: what the executor does, with nothing left to decide. */
public sealed interface Opening {

    /** For people. */
    String text();

    /** A duplicate of descriptor {@code number} of thaw's own. */
    record Own(int number) implements Opening {
        @Override
        public String text() {
            return number <= 2 ? "own " + new String[] {"stdin", "stdout", "stderr"}[number] : "own descriptor " + number;
        }

        // Written out here and below: the bootstrap of generated ones takes milliseconds of a restore.
        @Override
        public boolean equals(Object other) {
            return other instanceof Own that && number == that.number;
        }

        @Override
        public int hashCode() {
            return number;
        }
    }

    /**
     * The pipe or FIFO behind descriptor {@code number} of thaw's own, opened once more: with the application's access mode and flags, which
     * it then shares with nobody (man 7 fifo; opening through /proc works for pipes as well).
     *
     * @param flags access mode and status flags
     */
    record OwnAgain(int number, int flags) implements Opening {
        @Override
        public String text() {
            return new Own(number).text() + ", opened again " + OpenFlags.describe(flags);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof OwnAgain that && number == that.number && flags == that.flags;
        }

        @Override
        public int hashCode() {
            return number * 31 + flags;
        }
    }

    /**
     * A path, opened.
     *
     * @param flags access mode and status flags
     * @param createMode permissions of a file that is created when missing; empty: never created
     * @param seek offset in bytes from the start; -1 leaves it where open put it
     */
    record Path(String path, int flags, OptionalInt createMode, long seek) implements Opening {
        @Override
        public String text() {
            return KernelString.printable(path) + " " + OpenFlags.describe(flags) + (seek > 0 ? " at " + seek : "")
                    + (createMode.isPresent() ? " (created)" : "");
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Path that && path.equals(that.path) && flags == that.flags && createMode.equals(that.createMode) && seek == that.seek;
        }

        @Override
        public int hashCode() {
            return ((path.hashCode() * 31 + flags) * 31 + createMode.hashCode()) * 31 + Long.hashCode(seek);
        }
    }

    /** A descriptor that the broker holds. */
    record Broker(String name) implements Opening {
        @Override
        public String text() {
            return "broker:" + name;
        }
    }

    /** A fresh stream to the journal. */
    record Journal(String identifier) implements Opening {
        @Override
        public String text() {
            return "journal:" + identifier;
        }
    }

    /** A fresh pseudo-terminal. */
    record Pty() implements Opening {
        @Override
        public String text() {
            return "pty";
        }
    }
}
