package dev.thaw.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads by the JDK's own native code, which takes a third of the time of three calls through JNA: a scan reads tens of thousands of small files.
 * It tells no error number, so who gets nothing asks the kernel in the usual way.
 */
final class QuickRead {
    /** The JDK copies through its stack up to 8 KiB (src/java.base/share/native/libjava/io_util.c). */
    static final int SMALL_BYTES = 8192;

    private static final int RECORD_BYTES = 1024;

    private QuickRead() {}

    /** @return null when it cannot be read, for whatever reason; path in ASCII: the JDK encodes others as the locale says */
    static byte[] all(String path) {
        byte[] chunk = new byte[SMALL_BYTES];
        int length = 0;
        try (FileInputStream file = new FileInputStream(path)) {
            for (int count; (count = file.read(chunk, length, Math.min(SMALL_BYTES, chunk.length - length))) > 0; ) {
                length += count;
                chunk = length == chunk.length ? Arrays.copyOf(chunk, 2 * length) : chunk;
            }
            return Arrays.copyOf(chunk, length);
        } catch (IOException e) {
            return null;
        }
    }

    /** @return the first so many bytes; null when there are less, or it cannot be read, for whatever reason; path as in {@link #all} */
    static byte[] first(int bytes, String path) {
        byte[] content = new byte[bytes];
        try (FileInputStream file = new FileInputStream(path)) {
            return file.readNBytes(content, 0, bytes) == bytes ? content : null;
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * A file with one record, see {@link FileCalls#readRecord}.
     *
     * @return null when it cannot be read, for whatever reason, or is longer; path as in {@link #all}
     */
    static byte[] record(String path) {
        byte[] chunk = new byte[RECORD_BYTES];
        try (FileInputStream file = new FileInputStream(path)) {
            int count = file.read(chunk);
            return count < 0 || count == chunk.length ? null : Arrays.copyOf(chunk, count);
        } catch (IOException e) {
            return null;
        }
    }
}
