package dev.thaw.image;

import dev.thaw.image.ImageException.Kind;
import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.PagemapEntry;
import dev.thaw.image.proto.PagemapHead;
import java.util.Map;
import java.util.TreeMap;

/** Whether the memory of the tree is all there: a criu that finds the end of pages-*.img too early reads it over and over, and never ends. */
final class PagesCheck {
    /** The smallest of any machine; with larger ones less is noticed, and nothing is refused wrongly. */
    private static final long PAGE_BYTES = 4096;
    private static final long LARGEST_COUNT = 1L << 40;

    private static final int IN_PARENT = 1;
    private static final int PRESENT = 4;

    /** Of inventory.img; from the next on criu says that pages are compressed or encrypted, and their number says nothing about the size. */
    private static final int LAST_PLAIN_FIELD = 14;

    private PagesCheck() {
    }

    /** @throws ImageException when pages are missing, with the file that should have them */
    static void check(ImageFiles images) {
        if (mayBePacked(images)) {
            return;
        }
        Map<Integer, Long> pages = new TreeMap<>();
        for (String name : images.names()) {
            if (name.startsWith("pagemap-")) {
                count(images.frames(name, ImageMagic.PAGEMAP), pages);
            }
        }
        pages.forEach((id, count) -> {
            String name = "pages-" + Integer.toUnsignedString(id) + ".img";
            if (count > 0 && !images.has(name)) {
                throw ImageException.of(Kind.MISSING, name, "not in " + images.directory());
            }
            long size = count > 0 ? images.size(name) : 0;
            if (size < count * PAGE_BYTES) {
                throw ImageException.truncated(name, size, "the page maps count " + count + " pages in it, " + count * PAGE_BYTES + " bytes");
            }
        });
    }

    private static void count(ImageFrames frames, Map<Integer, Long> pages) {
        int id = frames.only().number(PagemapHead.PAGES_ID_FIELD_NUMBER);
        long count = pages.getOrDefault(id, 0L);
        while (frames.hasNext()) {
            Frame frame = frames.next();
            Fields entry = frames.fields(frame);
            int flags = entry.number(PagemapEntry.FLAGS_FIELD_NUMBER, entry.flag(PagemapEntry.IN_PARENT_FIELD_NUMBER) ? IN_PARENT : PRESENT);
            boolean here = (flags & PRESENT) != 0 && (flags & IN_PARENT) == 0;
            long more = entry.hasNumber(PagemapEntry.NR_PAGES_FIELD_NUMBER) ? entry.wide(PagemapEntry.NR_PAGES_FIELD_NUMBER)
                : Integer.toUnsignedLong(entry.number(PagemapEntry.COMPAT_NR_PAGES_FIELD_NUMBER));
            if (more < 0 || more > LARGEST_COUNT || count > LARGEST_COUNT) {
                throw frames.corrupt(frame, Long.toUnsignedString(more) + " pages");
            }
            count += here ? more : 0;
        }
        pages.put(id, count);
    }

    private static boolean mayBePacked(ImageFiles images) {
        return images.frames("inventory.img", ImageMagic.INVENTORY).only().highest() > LAST_PLAIN_FIELD;
    }
}
