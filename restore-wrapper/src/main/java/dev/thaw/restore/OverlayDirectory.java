package dev.thaw.restore;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Overlay;
import dev.thaw.linux.FileCalls;
import dev.thaw.plan.RestorePlan.OverlayEdits;
import java.util.HashMap;
import java.util.Map;

/** The images directory as criu is to see it: links to all files, and rewritten descriptor tables. The images are never written to. */
final class OverlayDirectory {
    private OverlayDirectory() {}

    /** @param directory created here, 0700 */
    static void write(ImageSnapshot image, OverlayEdits edits, String directory) {
        FileCalls.mkdir(directory, 0700);
        String images = absolute(image.directory());
        Map<String, byte[]> rewritten = new HashMap<>();
        rewritten.put("files.img", Overlay.rewriteFiles(FileCalls.readAll(images + "/files.img"), edits.files()));
        edits.tables().forEach((table, tableEdits) -> {
            String name = "fdinfo-" + table + ".img";
            // A process that had closed everything has no such file.
            byte[] content = FileCalls.statIfExists(images + "/" + name).isPresent() ? FileCalls.readAll(images + "/" + name)
                    : Overlay.emptyFdinfo();
            rewritten.put(name, Overlay.rewriteFdinfo(name, content, tableEdits));
        });
        if (!edits.droppedTerminals().isEmpty()) {
            String name = "tty-info.img";
            rewritten.put(name, Overlay.rewriteTtyInfo(FileCalls.readAll(images + "/" + name), edits.droppedTerminals()));
        }
        if (!edits.droppedRemaps().isEmpty()) {
            String name = "remap-fpath.img";
            rewritten.put(name, Overlay.rewriteRemaps(FileCalls.readAll(images + "/" + name), edits.droppedRemaps()));
        }
        for (String name : FileCalls.list(images)) {
            if (!rewritten.containsKey(name)) {
                FileCalls.symlink(images + "/" + name, directory + "/" + name);
            }
        }
        rewritten.forEach((name, content) -> FileCalls.writeFile(directory + "/" + name, content, 0600));
    }

    private static String absolute(String directory) {
        return directory.startsWith("/") ? directory : FileCalls.getcwd() + "/" + directory;
    }
}
