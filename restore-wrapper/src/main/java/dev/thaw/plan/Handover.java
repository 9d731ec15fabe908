package dev.thaw.plan;

import java.util.List;

/**
 * One descriptor that thaw opens and criu plants.
 *
 * @param number the descriptor number that criu gets it under
 * @param key the text after {@code fd[N]:}
 * @param uses where it has to arrive
 * @param what the image's file in words, as its link text reads
 * @param flags open flags the application had; for {@link Way#REOPENED} those it gets
 * @param replay bytes that were unread at the dump and are written first; empty: none
 * @param rule who decided: {@code auto}, or where the rule stands
 * @param because why this way and this source, for {@code thaw plan}
 */
public record Handover(int number, String key, Way way, List<Use> uses, String what, Opening opening, int flags, Bytes replay, String rule, String because) {
    public Handover {
        uses = List.copyOf(uses);
    }

    /** How criu plants the descriptor. */
    public enum Way {
        /** The open file description itself, under the resource's own key. */
        BY_KEY("by key"),
        /** A new open file description of the same object, with the image's flags. */
        REOPENED("by key, reopened"),
        /** The open file description itself, under a file entry of its own in an overlay of the images directory. */
        TARGETED("targeted");

        private final String words;

        Way(String words) {
            this.words = words;
        }

        /** As {@code thaw plan} prints it. */
        public String words() {
            return words;
        }
    }

    /** The argument of {@code --inherit-fd}. */
    public String inheritArgument() {
        return "fd[" + number + "]:" + key;
    }

    /** An immutable run of bytes. */
    public record Bytes(byte[] content) {
        static final Bytes NONE = new Bytes(new byte[0]);

        public Bytes {
            content = content.clone();
        }

        @Override
        public byte[] content() {
            return content.clone();
        }

        public int size() {
            return content.length;
        }
    }
}
