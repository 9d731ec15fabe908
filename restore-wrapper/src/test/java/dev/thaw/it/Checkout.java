package dev.thaw.it;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where things are: this checkout, its samples, and the tools of the machine. */
public final class Checkout {
    private static final Path ROOT = findRoot();
    private static final Optional<String> PYTHON = usable("/usr/bin/python3").or(() -> tool("python3").map(Checkout::interpreter));

    private Checkout() {}

    public static Path root() {
        return ROOT;
    }

    /** @param name as in {@code counter/counter.sh} */
    public static String sample(String name) {
        return ROOT.resolve("samples").resolve(name).toString();
    }

    /** Python's own program file. */
    public static String python() {
        return PYTHON.orElseThrow(() -> new AssertionError("no python3 in /usr/bin nor PATH; try: apt-get install python3"));
    }

    /** A program in PATH, with all symbolic links followed; also in the sbin directories, which a user's PATH may lack. */
    public static Optional<String> tool(String name) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
        for (String directory : path.split(":")) {
            Optional<String> found = directory.startsWith("/") ? usable(directory + "/" + name) : Optional.empty();
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> usable(String program) {
        try {
            Path real = Path.of(program).toRealPath();
            return Files.isRegularFile(real) && Files.isExecutable(real) ? Optional.of(real.toString()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A version manager has a shell script of that name in PATH, which would start other processes first: Python is asked where it is. */
    private static String interpreter(String python) {
        if (isElf(python)) {
            return python;
        }
        Program.Builder start = Program.with().nullDescriptor(0).nullDescriptor(2).capture(1, FdCalls.memfdCreate("captured", 0));
        try (Running asked = start.spawn(List.of(python, "-c", "import os, sys; print(os.path.realpath(sys.executable), end='')"))) {
            asked.await(Await.LIMIT);
            return asked.output(1);
        }
    }

    private static boolean isElf(String program) {
        byte[] start = FileCalls.readAll(program, 1 << 26);
        return start.length > 4 && start[0] == 0x7f && start[1] == 'E' && start[2] == 'L' && start[3] == 'F';
    }

    private static Path findRoot() {
        String given = System.getProperty("thaw.root");
        Path start = Path.of(given == null || given.isBlank() ? "" : given).toAbsolutePath();
        // From an IDE the property is missing, and the working directory is the module's or the project's.
        for (Path directory = start; directory != null; directory = directory.getParent()) {
            if (FileCalls.statIfExists(directory + "/samples/puppet/puppet.py").filter(FileStatus::isRegular).isPresent()) {
                return directory;
            }
        }
        throw new AssertionError("samples/puppet/puppet.py is not below " + start + " nor its parents; try: -Dthaw.root=CHECKOUT");
    }
}
