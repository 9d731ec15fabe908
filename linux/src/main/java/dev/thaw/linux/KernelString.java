package dev.thaw.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Kernel bytes as {@link String}, without loss: valid UTF-8 is decoded as such, each other byte {@code b} becomes the char {@code 0xDC00 +
 * b}.
 *
 * <p>Paths, arguments and environments are bytes to the kernel, and the JVM's own decoding (which follows the locale) drops those it cannot
 * read. {@code encode(decode(b))} equals {@code b} for every byte sequence.
 */
public final class KernelString {

    private static final int ESCAPE = 0xDC00;

    private KernelString() {
    }

    /** Decodes all of {@code bytes}; never fails. */
    public static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    /** Decodes {@code length} bytes from {@code offset}; never fails for a range inside the array. */
    public static String decode(byte[] bytes, int offset, int length) {
        if (isAscii(bytes, offset, length)) {
            return new String(bytes, offset, length, StandardCharsets.ISO_8859_1); // looks at none of them again
        }
        StringBuilder text = new StringBuilder(length);
        int end = offset + length;
        int at = offset;
        while (at < end) {
            int size = sequenceLength(bytes, at, end);
            if (size == 0) {
                text.append((char) (ESCAPE + (bytes[at] & 0xff)));
                at++;
            } else {
                text.appendCodePoint(codePoint(bytes, at, size));
                at += size;
            }
        }
        return text.toString();
    }

    /**
     * The bytes of {@code text}.
     *
     * @throws IllegalArgumentException when {@code text} holds half of a surrogate pair that stands for no byte
     */
    public static byte[] encode(String text) {
        if (isAscii(text)) {
            return text.getBytes(StandardCharsets.ISO_8859_1); // its fastest way, and the same for these
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 16);
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            if (isEscapedByte(point)) {
                bytes.write(point - ESCAPE);
            } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw new IllegalArgumentException("not a kernel string, lone surrogate U+" + Integer.toHexString(point));
            } else {
                write(bytes, point);
            }
        }
        return bytes.toByteArray();
    }

    /**
     * {@code text} for a message: one line, control and format characters and undecodable bytes as {@code \n}, {@code \x1b}, {@code \xff}.
     */
    public static String printable(String text) {
        StringBuilder shown = new StringBuilder(text.length() + 8);
        for (int at = 0; at < text.length(); at = text.offsetByCodePoints(at, 1)) {
            appendPrintable(shown, text.codePointAt(at));
        }
        return shown.toString();
    }

    private static void appendPrintable(StringBuilder shown, int point) {
        if (point == '\n') {
            shown.append("\\n");
        } else if (point == '\t') {
            shown.append("\\t");
        } else if (point == '\\') {
            shown.append("\\\\");
        } else if (point < 0x20 || point == 0x7f) {
            shown.append(String.format("\\x%02x", point));
        } else if (isEscapedByte(point)) {
            shown.append(String.format("\\x%02x", point - ESCAPE));
        } else if (isInvisible(point)) {
            shown.append(String.format("\\u{%x}", point));
        } else {
            shown.appendCodePoint(point);
        }
    }

    // A direction override in a file name would otherwise rearrange the message around it.
    private static boolean isInvisible(int point) {
        int type = Character.getType(point);
        return type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE || type == Character.UNASSIGNED
            || type == Character.LINE_SEPARATOR || type == Character.PARAGRAPH_SEPARATOR;
    }

    private static boolean isEscapedByte(int point) {
        return point >= ESCAPE + 0x80 && point <= ESCAPE + 0xff;
    }

    private static boolean isAscii(byte[] bytes, int offset, int length) {
        for (int at = offset; at < offset + length; at++) {
            if (bytes[at] < 0) {
                return false;
            }
        }
        return true;
    }

    static boolean isAscii(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** Length of the valid UTF-8 sequence at {@code at}, 0 when there is none (overlong forms and surrogates are none). */
    private static int sequenceLength(byte[] bytes, int at, int end) {
        int lead = bytes[at] & 0xff;
        if (lead < 0x80) {
            return 1;
        }
        int size = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
        if (size == 0 || end - at < size) {
            return 0;
        }
        int second = bytes[at + 1] & 0xff;
        int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < lowest || second > highest) {
            return 0;
        }
        for (int i = 2; i < size; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return size;
    }

    private static int codePoint(byte[] bytes, int at, int size) {
        if (size == 1) {
            return bytes[at];
        }
        int point = bytes[at] & (0xff >> (size + 1));
        for (int i = 1; i < size; i++) {
            point = point << 6 | bytes[at + i] & 0x3f;
        }
        return point;
    }

    private static void write(ByteArrayOutputStream bytes, int point) {
        if (point < 0x80) {
            bytes.write(point);
            return;
        }
        int following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        bytes.write(0xf00 >> following + 1 & 0xff | point >> 6 * following);
        for (int left = following - 1; left >= 0; left--) {
            bytes.write(0x80 | point >> 6 * left & 0x3f);
        }
    }
}
