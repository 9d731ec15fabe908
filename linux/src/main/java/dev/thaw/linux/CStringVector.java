package dev.thaw.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/** A NULL-terminated {@code char *[]} with its strings, in one block of memory that {@link #close} frees. */
final class CStringVector implements AutoCloseable {

    private final Memory block;

    CStringVector(List<String> texts) {
        List<byte[]> strings = new ArrayList<>(texts.size());
        long tableBytes = (texts.size() + 1L) * Native.POINTER_SIZE;
        long totalBytes = tableBytes;
        for (String text : texts) {
            byte[] string = LibC.cString(text);
            strings.add(string);
            totalBytes += string.length;
        }
        block = new Memory(totalBytes);
        long at = tableBytes;
        for (int i = 0; i < strings.size(); i++) {
            byte[] string = strings.get(i);
            block.write(at, string, 0, string.length);
            block.setPointer((long) i * Native.POINTER_SIZE, block.share(at));
            at += string.length;
        }
        block.setPointer(tableBytes - Native.POINTER_SIZE, Pointer.NULL);
    }

    Pointer pointer() {
        return block;
    }

    @Override
    public void close() {
        block.close();
    }
}
