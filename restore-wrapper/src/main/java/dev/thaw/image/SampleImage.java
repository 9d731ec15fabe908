package dev.thaw.image;

import dev.thaw.linux.FileCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** A generation of {@code sleep} with three descriptors, for those who go through their ways once without an image of their own. */
public final class SampleImage {
    public static final int PID = 30011;

    private static final List<String> FILES = List.of("core-30011.img", "fdinfo-2.img", "files.img", "fs-30011.img", "ids-30011.img",
            "inventory.img", "manifest.json", "mm-30011.img", "pagemap-30011.img", "pstree.img", "seccomp.img", "timens-0.img");
    /** That they do not hold what the manifest says costs nobody anything. */
    private static final int PAGES_BYTES = 110592;

    private SampleImage() {}

    /** @param directory that is there, and ours */
    public static void write(String directory) {
        for (String name : FILES) {
            try (InputStream content = SampleImage.class.getResourceAsStream("sample/" + name)) {
                FileCalls.writeFile(directory + "/" + name, content.readAllBytes(), 0600);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        FileCalls.writeFile(directory + "/pages-1.img", new byte[PAGES_BYTES], 0600);
    }
}
