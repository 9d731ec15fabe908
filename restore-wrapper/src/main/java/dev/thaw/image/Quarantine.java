package dev.thaw.image;

import com.google.gson.JsonParseException;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.util.List;
import java.util.Optional;

/**
 * Why a generation is not to be restored any more: the file {@code quarantined} in it. Who removes the file lets the generation be tried again.
 *
 * @param reason what went wrong
 * @param because why
 * @param exitCode that thaw had, or would have had, for it
 * @param time when, ISO 8601
 * @param thawVersion of the thaw that tried
 */
public record Quarantine(String reason, List<String> because, int exitCode, String time, String thawVersion) {
    private static final int MAX_BYTES = 1 << 20;
    private static final int PRIVATE = 0600;

    public Quarantine {
        because = because == null ? List.of() : List.copyOf(because);
    }

    /** Of a generation; empty when it may be restored. A file of another content, as by hand, counts. */
    public static Optional<Quarantine> read(String generationDir) {
        String path = path(generationDir);
        try {
            if (FileCalls.statIfExists(path).isEmpty()) {
                return Optional.empty();
            }
            String text = KernelString.decode(FileCalls.readAll(path, MAX_BYTES));
            try {
                Quarantine quarantine = KernelJson.read(text, Quarantine.class);
                return Optional.of(quarantine == null || quarantine.reason() == null ? byHand(text) : quarantine);
            } catch (JsonParseException e) {
                return Optional.of(byHand(text));
            }
        } catch (LinuxException e) {
            throw ImageException.unreadable(path, e);
        }
    }

    /** @throws LinuxException when the image cannot be written to */
    public void write(String generationDir) {
        String path = path(generationDir);
        FileCalls.writeFile(path + ".new", KernelString.encode(KernelJson.pretty(this) + "\n"), PRIVATE);
        FileCalls.rename(path + ".new", path);
    }

    public static String path(String generationDir) {
        return generationDir + "/" + Generations.QUARANTINED;
    }

    private static Quarantine byHand(String text) {
        return new Quarantine(text.isBlank() ? "by hand" : text.strip(), List.of(), 0, "", "");
    }
}
