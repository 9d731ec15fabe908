package dev.thaw.image;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.thaw.linux.FileCalls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/** Changes numbers in a real image by the numbers of their fields, also of fields and messages that thaw does not know. */
public final class ImageEdit {

    private ImageEdit() {
    }

    /**
     * Changes this field of each entry that has it; an entry of an image that has one entry gets it when it lacks it.
     *
     * @param file path of the image, which is replaced: other names of it keep the old content
     * @param change of the field, which is a varint
     * @param path numbers of the fields, from the entry down to the field
     */
    public static void change(String file, LongUnaryOperator change, int... path) {
        byte[] content = FileCalls.readAll(file);
        int header = file.endsWith("/inventory.img") ? ImageMagic.INVENTORY.headerBytes() : ImageMagic.CORE.headerBytes();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(content, 0, header);
        ByteBuffer sizes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = header; at < content.length;) {
            int size = sizes.getInt(at);
            byte[] entry = Arrays.copyOfRange(content, at + 4, at + 4 + size);
            boolean only = at == header && at + 4 + size == content.length;
            ImageFrames.putEntry(out, changed(entry, change, path, 0, only));
            at += 4 + size;
        }
        FileCalls.unlink(file);
        FileCalls.writeFile(file, out.toByteArray(), 0600);
    }

    private static byte[] changed(byte[] message, LongUnaryOperator change, int[] path, int depth, boolean append) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            CodedInputStream in = CodedInputStream.newInstance(message);
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            boolean seen = false;
            for (int start = 0; start < message.length; start = in.getTotalBytesRead()) {
                int tag = in.readTag();
                boolean meant = WireFormat.getTagFieldNumber(tag) == path[depth];
                seen |= meant;
                if (!meant) {
                    in.skipField(tag);
                    out.write(message, start, in.getTotalBytesRead() - start);
                } else if (depth + 1 < path.length) {
                    out.writeByteArray(path[depth], changed(in.readByteArray(), change, path, depth + 1, false));
                } else {
                    out.writeUInt64(path[depth], change.applyAsLong(in.readUInt64()));
                }
            }
            if (!seen && append && path.length == 1) {
                out.writeUInt64(path[0], change.applyAsLong(0));
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
