package dev.thaw.plan;

/** {@code --cgroup}: which cgroup takes the place of the one that the image was dumped in. */
public sealed interface CgroupChoice {

    /** {@code auto}: the one that restore runs in. */
    record Own() implements CgroupChoice {}

    /** {@code original}: the recorded one; files that are gone are an error. */
    record Original() implements CgroupChoice {}

    /** A path below each hierarchy's root, as in /proc/self/cgroup. */
    record At(String path) implements CgroupChoice {
        public At {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException("a cgroup path starts with /: " + path);
            }
        }
    }

    /** Reads the value of {@code --cgroup}. */
    static CgroupChoice parse(String text) {
        switch (text) {
            case "auto":
                return new Own();
            case "original":
                return new Original();
            default:
                return new At(text.length() > 1 && text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        }
    }
}
