package dev.thaw.image;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The entries of one image, read in order: a header of magic numbers, then to the end of the file a size of 4 bytes and as many bytes of
 * one protobuf message; after some kinds of entry raw bytes follow (criu/protobuf.c, criu/image.c).
 */
final class ImageFrames {

    private static final int SIZE_BYTES = 4;

    private final String file;
    private final byte[] content;
    private int position;

    /**
     * One entry.
     *
     * @param start byte of its size
     * @param body byte of its message
     * @param end first byte after its message
     */
    record Frame(int start, int body, int end) {
    }

    /** @param content the whole file; not copied */
    ImageFrames(String file, byte[] content, ImageMagic magic) {
        this.file = file;
        this.content = content;
        if (content.length < magic.headerBytes()) {
            throw ImageException.truncated(file, 0, "a header has " + magic.headerBytes() + " bytes, the file " + content.length);
        }
        if (magic.headerBytes() > SIZE_BYTES) {
            expect(0, magic.prefix(), "an image");
        }
        expect(magic.headerBytes() - SIZE_BYTES, magic.number(), magic.name());
        position = magic.headerBytes();
    }

    private void expect(int offset, int number, String what) {
        int found = word(offset);
        if (found != number) {
            throw ImageException.corrupt(file, offset, "0x" + Integer.toHexString(found) + " is not the magic number of " + what + ", 0x"
                + Integer.toHexString(number));
        }
    }

    boolean hasNext() {
        return position < content.length;
    }

    /** Moves past the next entry; raw bytes that follow it have to be taken with {@link #raw} before the next call. */
    Frame next() {
        int start = position;
        int left = content.length - start - SIZE_BYTES;
        if (left < 0) {
            throw ImageException.truncated(file, start, "the size of an entry has 4 bytes, " + (left + SIZE_BYTES) + " are left");
        }
        long size = Integer.toUnsignedLong(word(start));
        if (size > left) {
            throw ImageException.truncated(file, start, "the entry says " + size + " bytes, " + left + " are left");
        }
        position = start + SIZE_BYTES + (int) size;
        return new Frame(start, start + SIZE_BYTES, position);
    }

    /** Takes the raw bytes behind an entry. */
    byte[] raw(long length) {
        skipRaw(length);
        return Arrays.copyOfRange(content, position - (int) length, position);
    }

    void skipRaw(long length) {
        int left = content.length - position;
        if (length < 0 || length > left) {
            throw ImageException.truncated(file, position, length + " bytes should follow the entry, " + left + " are left");
        }
        position += (int) length;
    }

    <T> T decode(Frame frame, Parser<T> parser) {
        return Rare.parse(file, content, frame, parser);
    }

    /** Apart from the rest, so that protobuf is not loaded where no image has such a message. */
    private static final class Rare {
        private Rare() {
        }

        static <T> T parse(String file, byte[] content, Frame frame, Parser<T> parser) {
            try {
                return parser.parseFrom(content, frame.body(), frame.end() - frame.body());
            } catch (InvalidProtocolBufferException e) {
                throw ImageException.corrupt(file, frame.body(), "not an entry: " + e.getMessage());
            }
        }
    }

    /** For the messages of every image; see {@link Fields}. */
    Fields fields(Frame frame) {
        return new Fields(file, content, frame.body(), frame.end());
    }

    /** The one entry of a file that holds one, as above. */
    Fields only() {
        return fields(first());
    }

    /** The one entry of a file that holds one. */
    <T> T only(Parser<T> parser) {
        return decode(first(), parser);
    }

    private Frame first() {
        if (!hasNext()) {
            throw ImageException.truncated(file, position, "no entry");
        }
        return next();
    }

    ImageException corrupt(Frame frame, String reason) {
        return ImageException.corrupt(file, frame.start(), reason);
    }

    String file() {
        return file;
    }

    /** Copies an entry, or with the first entry's start the header, byte for byte. */
    void copy(int from, int to, ByteArrayOutputStream out) {
        out.write(content, from, to - from);
    }

    /** Byte behind the last entry taken. */
    int position() {
        return position;
    }

    private int word(int offset) {
        return content[offset] & 0xff | (content[offset + 1] & 0xff) << 8 | (content[offset + 2] & 0xff) << 16 | content[offset + 3] << 24;
    }

    /** Appends a number as the header and the sizes have it. */
    static void putWord(ByteArrayOutputStream out, int word) {
        out.write(word);
        out.write(word >>> 8);
        out.write(word >>> 16);
        out.write(word >>> 24);
    }

    static void putHeader(ByteArrayOutputStream out, ImageMagic magic) {
        if (magic.headerBytes() > SIZE_BYTES) {
            putWord(out, magic.prefix());
        }
        putWord(out, magic.number());
    }

    static void putEntry(ByteArrayOutputStream out, byte[] message) {
        putWord(out, message.length);
        out.write(message, 0, message.length);
    }
}
