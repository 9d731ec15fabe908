package dev.thaw.image;

import dev.thaw.image.ImageException.Kind;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Finds the images that an IMAGE stands for: {@code IMAGE/000001/ ...}, and {@code IMAGE/current}, a symbolic link to the one that counts;
 * or one generation; or a bare images directory.
 *
 * <p>Whoever can write to an image decides what runs as us after a restore. So the directories have to belong to the caller or to root and
 * must not be writable for others, and the links have to belong to the caller or to root.
 */
public final class Generations {

    public static final String CURRENT = "current";
    public static final String MANIFEST = "manifest.json";
    public static final String QUARANTINED = "quarantined";

    private static final int MIN_DIGITS = 6;
    private static final int MAX_DIGITS = 9;
    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final String INVENTORY = "inventory.img";

    private Generations() {
    }

    /**
     * @param image as the user gave it; a KernelString
     * @throws ImageException when there is nothing to restore (MISSING, INCOMPLETE), or when it is not to be trusted (UNTRUSTED)
     */
    public static ResolvedImage resolve(String image) {
        return resolve(image, ProcessCalls.geteuid());
    }

    static ResolvedImage resolve(String image, int euid) {
        String path = absolute(image);
        try {
            requireTrustedLink(path, euid);
            if (!FileCalls.stat(path).isDirectory()) {
                throw ImageException.of(Kind.CORRUPT, image, "not a directory");
            }
            requireTrusted(path, euid);
            if (name(path).equals(CURRENT) && FileCalls.lstat(path).isSymbolicLink()) {
                requireTrusted(parent(path), euid);
                return current(parent(path), euid);
            }
            if (exists(path + "/" + INVENTORY) || number(name(path)).isPresent()) {
                return images(path, euid);
            }
            if (FileCalls.lstatIfExists(path + "/" + CURRENT).isEmpty()) {
                throw nothing(path);
            }
            return current(path, euid);
        } catch (LinuxException e) {
            throw ImageException.unreadable(image, e);
        }
    }

    private static ResolvedImage images(String directory, int euid) {
        boolean complete = exists(directory + "/" + MANIFEST);
        OptionalInt number = number(name(directory));
        if (number.isEmpty()) {
            return new ResolvedImage(Optional.empty(), directory, OptionalInt.empty(), complete);
        }
        requireTrusted(parent(directory), euid);
        requireComplete(directory);
        return new ResolvedImage(Optional.of(parent(directory)), directory, number, complete);
    }

    private static ResolvedImage current(String image, int euid) {
        String link = image + "/" + CURRENT;
        if (!FileCalls.lstat(link).isSymbolicLink()) {
            throw ImageException.of(Kind.CORRUPT, link, "not a symbolic link");
        }
        requireTrustedLink(link, euid);
        String target = FileCalls.readlink(link);
        OptionalInt number = number(target);
        if (number.isEmpty()) {
            throw ImageException.of(Kind.UNTRUSTED, link,
                "points to " + KernelString.printable(target) + ", not to a generation in the same directory");
        }
        String directory = image + "/" + target;
        if (!FileCalls.lstat(directory).isDirectory()) {
            throw ImageException.of(Kind.UNTRUSTED, directory, "not a directory");
        }
        if (exists(directory + "/" + QUARANTINED)) {
            return olderThan(number.getAsInt(), image, euid);
        }
        requireTrusted(directory, euid);
        requireComplete(directory);
        return new ResolvedImage(Optional.of(image), directory, number, true);
    }

    /** In place of a generation that could not be restored: the newest before it that nobody has said this of. */
    private static ResolvedImage olderThan(int quarantined, String image, int euid) {
        List<Generation> all = list(image);
        for (int i = all.size() - 1; i >= 0; i--) {
            Generation generation = all.get(i);
            if (generation.number() < quarantined && generation.complete() && !generation.quarantined()) {
                requireTrusted(generation.directory(), euid);
                return new ResolvedImage(Optional.of(image), generation.directory(), OptionalInt.of(generation.number()), true);
            }
        }
        String reason = Quarantine.read(image + "/" + directoryName(quarantined)).map(Quarantine::reason).orElse("unknown");
        throw ImageException.of(Kind.MISSING, image, "every generation is quarantined; " + directoryName(quarantined) + ": " + reason
                + "; rm " + Quarantine.path(image + "/" + directoryName(quarantined)) + " has it tried again");
    }

    private static void requireComplete(String directory) {
        for (String file : List.of(MANIFEST, INVENTORY)) {
            if (!exists(directory + "/" + file)) {
                throw ImageException.of(Kind.INCOMPLETE, directory, "a generation without " + file + ": the checkpoint did not end");
            }
        }
    }

    private static ImageException nothing(String image) {
        return list(image).isEmpty()
            ? ImageException.of(Kind.MISSING, image, "neither " + INVENTORY + " nor " + CURRENT + " is in it")
            : ImageException.of(Kind.INCOMPLETE, image, "no checkpoint has ended yet: " + CURRENT + " is not in it");
    }

    /**
     * The newest complete generation before the one that is meant, not quarantined; empty where there is none, or none can be seen.
     *
     * @param image as the user gave it; a KernelString
     */
    public static Optional<Generation> older(String image) {
        try {
            String path = absolute(image);
            boolean isGeneration = number(name(path)).isPresent() || name(path).equals(CURRENT);
            String root = isGeneration ? parent(path) : path;
            String meant = isGeneration && !name(path).equals(CURRENT) ? name(path) : FileCalls.readlink(root + "/" + CURRENT);
            return number(meant).stream().boxed()
                    .flatMap(number -> list(root).stream().filter(one -> one.number() < number && one.complete() && !one.quarantined()))
                    .reduce((one, newer) -> newer);
        } catch (LinuxException | ImageException e) {
            return Optional.empty();
        }
    }

    /** The generations of an IMAGE, oldest first; half ones among them. */
    public static List<Generation> list(String imageRoot) {
        List<Generation> generations = new ArrayList<>();
        try {
            for (String name : FileCalls.list(imageRoot)) {
                String directory = imageRoot + "/" + name;
                OptionalInt number = number(name);
                if (number.isPresent() && FileCalls.lstat(directory).isDirectory()) {
                    generations.add(new Generation(number.getAsInt(), directory, exists(directory + "/" + MANIFEST),
                        exists(directory + "/" + QUARANTINED)));
                }
            }
        } catch (LinuxException e) {
            throw ImageException.unreadable(imageRoot, e);
        }
        // Not by Comparator.comparingInt: its lambda is in no class archive.
        generations.sort((a, b) -> Integer.compare(a.number(), b.number()));
        return generations;
    }

    /** The number for a new generation: larger than any that is there, half ones and files too. */
    public static int next(String imageRoot) {
        int largest = 0;
        try {
            for (String name : FileCalls.list(imageRoot)) {
                largest = Math.max(largest, number(name).orElse(0));
            }
        } catch (LinuxException e) {
            throw ImageException.unreadable(imageRoot, e);
        }
        return largest + 1;
    }

    /** The name of a generation's directory: {@code 000007}. */
    public static String directoryName(int number) {
        String digits = Integer.toString(number);
        return "0".repeat(Math.max(0, MIN_DIGITS - digits.length())) + digits;
    }

    /** The number of such a directory; empty for any other name. */
    static OptionalInt number(String name) {
        if (name.length() < MIN_DIGITS || name.length() > MAX_DIGITS) {
            return OptionalInt.empty();
        }
        int number = 0;
        for (int i = 0; i < name.length(); i++) {
            char digit = name.charAt(i);
            if (digit < '0' || digit > '9') {
                return OptionalInt.empty();
            }
            number = number * 10 + digit - '0';
        }
        return name.equals(directoryName(number)) ? OptionalInt.of(number) : OptionalInt.empty();
    }

    /** Refuses a directory that somebody else could have put something into. */
    static void requireTrusted(String directory, int euid) {
        FileStatus status = FileCalls.stat(directory);
        requireOwner(directory, status, euid);
        if ((status.permissions() & GROUP_OR_OTHERS_WRITE) != 0) {
            throw ImageException.of(Kind.UNTRUSTED, directory, "writable for group or others (mode "
                + Integer.toOctalString(status.permissions()) + "): chmod go-w it if you know what is in it");
        }
    }

    private static void requireTrustedLink(String path, int euid) {
        FileStatus status = FileCalls.lstat(path);
        if (status.isSymbolicLink()) {
            requireOwner(path, status, euid);
        }
    }

    private static void requireOwner(String path, FileStatus status, int euid) {
        if (status.uid() != euid && status.uid() != 0) {
            throw ImageException.of(Kind.UNTRUSTED, path, "belongs to uid " + status.uid() + ", not to uid " + euid + " or root");
        }
    }

    private static boolean exists(String path) {
        return FileCalls.statIfExists(path).isPresent();
    }

    /** Absolute, without empty and {@code .} components, so that the last one is a name; {@code ..} stays. */
    private static String absolute(String image) {
        if (image.isEmpty()) {
            throw ImageException.of(Kind.MISSING, image, "an empty path");
        }
        String whole = image.startsWith("/") ? image : FileCalls.getcwd() + "/" + image;
        StringBuilder path = new StringBuilder();
        for (String component : whole.split("/")) {
            if (!component.isEmpty() && !component.equals(".")) {
                path.append('/').append(component);
            }
        }
        return path.isEmpty() ? "/" : path.toString();
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String parent(String path) {
        return path.lastIndexOf('/') <= 0 ? "/" : path.substring(0, path.lastIndexOf('/'));
    }
}
