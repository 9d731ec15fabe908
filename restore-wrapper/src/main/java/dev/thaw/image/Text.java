package dev.thaw.image;

import com.google.protobuf.ByteString;
import dev.thaw.linux.KernelString;
import java.util.List;

/** Bytes of an image as text. */
final class Text {

    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Text() {
    }

    static String of(ByteString bytes) {
        return KernelString.decode(bytes.toByteArray());
    }

    /** Words in which bytes lie as they lie in memory, in lower-case hexadecimal; criu's images are little-endian. */
    static String hex(List<Integer> words) {
        StringBuilder text = new StringBuilder(words.size() * 8);
        for (int word : words) {
            for (int shift = 0; shift < 32; shift += 8) {
                text.append(HEX[word >>> shift + 4 & 0xf]).append(HEX[word >>> shift & 0xf]);
            }
        }
        return text.toString();
    }

    /** An internet address of one word, or of four; empty for any other number. */
    static String address(List<Integer> words) {
        return switch (words.size()) {
            case 1 -> ipv4(words.get(0));
            case 4 -> ipv6(words);
            default -> "";
        };
    }

    private static String ipv4(int word) {
        return (word & 0xff) + "." + (word >>> 8 & 0xff) + "." + (word >>> 16 & 0xff) + "." + (word >>> 24);
    }

    private static String ipv6(List<Integer> words) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            int half = words.get(i / 2) >>> 16 * (i % 2);
            groups[i] = (half & 0xff) << 8 | half >>> 8 & 0xff;
        }
        int from = 0;
        int length = 1;
        for (int i = 0; i < 8; i++) {
            int zeros = 0;
            while (i + zeros < 8 && groups[i + zeros] == 0) {
                zeros++;
            }
            if (zeros > length) {
                from = i;
                length = zeros;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (length > 1 && i == from) {
                text.append("::");
                i += length - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":").append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }
}
