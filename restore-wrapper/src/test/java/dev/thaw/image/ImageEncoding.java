package dev.thaw.image;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.thaw.linux.KernelString;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** Turns messages into the bytes of an image. */
final class ImageEncoding {

    private ImageEncoding() {
    }

    static ByteString bytes(String text) {
        return ByteString.copyFrom(KernelString.encode(text));
    }

    /** What a file of this name holds. */
    static ImageMagic magic(String name) {
        return switch (name.replaceAll("-?[0-9]*\\.img", "")) {
            case "tty-info" -> ImageMagic.TTY_INFO;
            case "memfd" -> ImageMagic.MEMFD_INODE;
            case "pipes-data" -> ImageMagic.PIPES_DATA;
            case "fifo-data" -> ImageMagic.FIFO_DATA;
            case "sk-queues" -> ImageMagic.SK_QUEUES;
            case "remap-fpath" -> ImageMagic.REMAP_FPATH;
            case "filelocks" -> ImageMagic.FILE_LOCKS;
            case "mountpoints" -> ImageMagic.MOUNTS;
            case "netns" -> ImageMagic.NETNS;
            default -> throw new IllegalArgumentException(name);
        };
    }

    static byte[] image(ImageMagic magic, List<? extends MessageLite> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        entries.forEach(entry -> ImageFrames.putEntry(out, entry.toByteArray()));
        return withHeader(magic, out.toByteArray());
    }

    static byte[] withHeader(ImageMagic magic, byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 + body.length);
        ImageFrames.putHeader(out, magic);
        out.writeBytes(body);
        return out.toByteArray();
    }
}
