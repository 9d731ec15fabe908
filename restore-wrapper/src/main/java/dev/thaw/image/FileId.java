package dev.thaw.image;

/**
 * Names one open file description of an images directory.
 *
 * @param type its kind
 * @param id criu's number for it, unsigned; unique in images since criu 3.4, before only for one kind
 */
public record FileId(FdType type, int id) {

    // Written out, because the generated ones cost a millisecond-scale bootstrap when the first map of a run is filled.
    @Override
    public boolean equals(Object other) {
        return other instanceof FileId that && type == that.type && id == that.id;
    }

    @Override
    public int hashCode() {
        return id * 31 + type.number();
    }

    @Override
    public String toString() {
        return type + " " + Integer.toUnsignedString(id);
    }
}
