package dev.thaw.image;

import dev.thaw.linux.KernelString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The fields of one protobuf message, by their numbers (protobuf's guide "Encoding"). For the messages that every image has: protobuf's own classes make a
 * table by reflection of each kind of message that they meet, which takes a JVM longer than reading the image. The numbers are the constants of those
 * classes, so that the .proto files have the last word.
 *
 * <p>Of a field that is there twice the last one counts, but for parts: criu puts two of them together, and never writes two. A field of another wire type
 * than asked for counts as none.
 */
final class Fields {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;
    private static final int TYPE_BITS = 3;
    private static final int LONGEST_VARINT = 10;

    private final String file;
    private final byte[] content;
    private final int start;
    private final int end;
    private int position;
    private int count;
    private int[] tags = new int[16];
    /** Of a varint its value, of bytes the first one and the one after the last, 32 bits each. */
    private long[] values = new long[16];

    /**
     * @param file for messages
     * @param content not copied
     * @throws ImageException when it is no message
     */
    Fields(String file, byte[] content, int start, int end) {
        this.file = file;
        this.content = content;
        this.start = start;
        this.end = end;
        position = start;
        while (position < end) {
            int at = position;
            long tag = varint(end);
            if (tag >>> TYPE_BITS == 0 || tag != (int) tag) {
                throw corrupt(at, "the number of a field is wrong");
            }
            add((int) tag, value((int) tag & (1 << TYPE_BITS) - 1, at));
        }
    }

    private long value(int type, int at) {
        if (type == VARINT) {
            return varint(end);
        }
        long length;
        switch (type) {
            case BYTES -> length = varint(end);
            case FIXED_64 -> length = Long.BYTES;
            case FIXED_32 -> length = Integer.BYTES;
            default -> throw corrupt(at, "a field of type " + type);
        }
        if (length < 0 || length > end - position) {
            throw corrupt(at, "a field goes on behind the end");
        }
        long from = position;
        position += (int) length;
        return from << Integer.SIZE | position;
    }

    private long varint(int limit) {
        long value = 0;
        int first = position;
        for (int shift = 0; position < limit && position - first < LONGEST_VARINT; shift += 7) {
            byte b = content[position++];
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw corrupt(first, "a number has no end");
    }

    private void add(int tag, long value) {
        if (count == tags.length) {
            tags = Arrays.copyOf(tags, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
        }
        tags[count] = tag;
        values[count++] = value;
    }

    /** Whether the field is there, as a number. */
    boolean hasNumber(int field) {
        return last(field, VARINT) >= 0;
    }

    /** Whether the field is there, as bytes or a part. */
    boolean hasBytes(int field) {
        return last(field, BYTES) >= 0;
    }

    /** An int32, uint32 or bool that has to be there. */
    int number(int field) {
        return (int) wide(field);
    }

    /** As above, and {@code absent} where it is not. */
    int number(int field, int absent) {
        return (int) wide(field, absent);
    }

    /** An int64 or uint64 that has to be there. */
    long wide(int field) {
        return values[required(field, VARINT)];
    }

    /** As above, and {@code absent} where it is not. */
    long wide(int field, long absent) {
        int found = last(field, VARINT);
        return found < 0 ? absent : values[found];
    }

    boolean flag(int field) {
        return wide(field, 0) != 0;
    }

    /** A sint32. */
    int signed(int field, int absent) {
        int found = last(field, VARINT);
        int number = found < 0 ? 0 : (int) values[found];
        return found < 0 ? absent : number >>> 1 ^ -(number & 1);
    }

    /** All int32 or uint32 of a repeated field, each by itself or packed. */
    List<Integer> numbers(int field) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (tags[i] == tag(field, VARINT)) {
                numbers.add((int) values[i]);
            } else if (tags[i] == tag(field, BYTES)) {
                position = first(i);
                while (position < behind(i)) {
                    numbers.add((int) varint(behind(i)));
                }
            }
        }
        return numbers;
    }

    /** Bytes that have to be there, as a {@link KernelString}. */
    String text(int field) {
        return textAt(required(field, BYTES));
    }

    /** All of a repeated field. */
    List<String> texts(int field) {
        List<String> texts = new ArrayList<>();
        for (int i = next(field, 0); i < count; i = next(field, i + 1)) {
            texts.add(textAt(i));
        }
        return texts;
    }

    /** A message in this one; one without fields where it is not there, so that what it has to have is missing. */
    Fields part(int field) {
        int found = next(field, 0);
        if (found == count) {
            return new Fields(file, content, start, start);
        }
        if (next(field, found + 1) < count) {
            throw corrupt(start, "part " + field + " is there twice");
        }
        return new Fields(file, content, first(found), behind(found));
    }

    /** All messages of a repeated field. */
    List<Fields> parts(int field) {
        List<Fields> parts = new ArrayList<>();
        for (int i = next(field, 0); i < count; i = next(field, i + 1)) {
            parts.add(new Fields(file, content, first(i), behind(i)));
        }
        return parts;
    }

    /** The highest number of all fields; 0 where there is none. */
    int highest() {
        int highest = 0;
        for (int i = 0; i < count; i++) {
            highest = Math.max(highest, tags[i] >>> TYPE_BITS);
        }
        return highest;
    }

    private int required(int field, int type) {
        int found = last(field, type);
        if (found < 0) {
            throw corrupt(start, "field " + field + " is missing");
        }
        return found;
    }

    /** Index of the last such field, or -1. */
    private int last(int field, int type) {
        for (int i = count - 1; i >= 0; i--) {
            if (tags[i] == tag(field, type)) {
                return i;
            }
        }
        return -1;
    }

    /** Index of the next field with bytes, {@code from} included; the number of all where there is no more. */
    private int next(int field, int from) {
        int i = from;
        while (i < count && tags[i] != tag(field, BYTES)) {
            i++;
        }
        return i;
    }

    private String textAt(int i) {
        return KernelString.decode(content, first(i), behind(i) - first(i));
    }

    private int first(int i) {
        return (int) (values[i] >>> Integer.SIZE);
    }

    private int behind(int i) {
        return (int) values[i];
    }

    private static int tag(int field, int type) {
        return field << TYPE_BITS | type;
    }

    private ImageException corrupt(int offset, String reason) {
        return ImageException.corrupt(file, offset, "not an entry: " + reason);
    }
}
