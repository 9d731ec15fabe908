package dev.thaw.start;

import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.Quarantine;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An IMAGE as the user names it, and what is in it to be restored.
 *
 * @param root the directory of generations; empty when it is a single one, or images that thaw did not write
 * @param candidates to be restored, in their order
 * @param passedOver generations that are quarantined
 */
record ImagePlace(Optional<String> root, List<Generation> candidates, List<Generation> passedOver) {

    /** @throws ImageException when it is there and cannot be looked at */
    static ImagePlace of(String image) {
        String path = image.startsWith("/") ? image : FileCalls.getcwd() + "/" + image;
        try {
            if (FileCalls.statIfExists(path).isEmpty()) {
                return new ImagePlace(Optional.of(path), List.of(), List.of());
            }
            if (FileCalls.statIfExists(path + "/inventory.img").isPresent() || path.endsWith("/" + Generations.CURRENT)) {
                return single(path);
            }
            List<Generation> all = Generations.list(path);
            List<Generation> quarantined = all.stream().filter(Generation::quarantined).toList();
            return new ImagePlace(Optional.of(path), Candidates.of(all, current(path)), quarantined);
        } catch (LinuxException e) {
            throw ImageException.unreadable(image, e);
        }
    }

    /** What the user names himself is restored, quarantined or not. */
    private static ImagePlace single(String path) {
        boolean quarantined = Quarantine.read(path).isPresent();
        return new ImagePlace(Optional.empty(), List.of(new Generation(0, path, true, quarantined)), List.of());
    }

    private static OptionalInt current(String path) {
        Optional<FileStatus> link = FileCalls.lstatIfExists(path + "/" + Generations.CURRENT).filter(FileStatus::isSymbolicLink);
        String name = link.map(status -> KernelString.printable(FileCalls.readlink(path + "/" + Generations.CURRENT))).orElse("");
        return name.matches("\\d{6,9}") ? OptionalInt.of(Integer.parseInt(name)) : OptionalInt.empty();
    }
}
