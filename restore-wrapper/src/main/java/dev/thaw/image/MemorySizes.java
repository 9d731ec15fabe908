package dev.thaw.image;

import dev.thaw.image.proto.PagemapHead;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/** How much memory of each process is in an images directory: the size of its pages-N.img. */
public final class MemorySizes {
    private MemorySizes() {}

    /**
     * Bytes by pid; 0 for a process without memory in there, such as a zombie.
     *
     * @throws ImageException when the images are not what criu writes
     */
    public static Map<Integer, Long> read(ImageSnapshot image) {
        ImageFiles files = new DirectoryFiles(image.directory());
        Map<Integer, Long> bytes = new LinkedHashMap<>();
        for (TaskImage task : image.tasks()) {
            String pagemap = "pagemap-" + task.pid() + ".img";
            bytes.put(task.pid(), files.has(pagemap) ? pages(files, pagemap) : 0L);
        }
        return bytes;
    }

    private static long pages(ImageFiles files, String pagemap) {
        ImageFrames frames = files.frames(pagemap, ImageMagic.PAGEMAP);
        if (!frames.hasNext()) {
            return 0;
        }
        int id = frames.decode(frames.next(), PagemapHead.parser()).getPagesId();
        return FileCalls.statIfExists(files.directory() + "/pages-" + Integer.toUnsignedString(id) + ".img").map(FileStatus::size).orElse(0L);
    }
}
