package dev.thaw.launcher;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProgramSearch;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The file that a command stands for.
 *
 * @param path to execute, a relative one from the child's directory
 * @param realPath the file behind all symbolic links
 * @param script the beginning of its text when it starts with {@code #!}, else empty
 * @param sections names of its sections when it is an ELF file
 */
public record Program(String path, String realPath, String script, Set<String> sections) {
    private static final int SCRIPT_BYTES = 64 * 1024;

    public Program {
        sections = Set.copyOf(sections);
    }

    /**
     * Finds what would be executed, as execvp(3) does in the child's environment and directory.
     *
     * @throws NotStartable when there is nothing, or nothing that can be executed
     */
    public static Program find(String name, List<String> environment, Optional<String> directory) {
        try {
            String path = ProgramSearch.find(name, environment, directory);
            String fromHere = path.startsWith("/") || directory.isEmpty() ? path : directory.get() + "/" + path;
            if (!FileCalls.stat(fromHere).isRegular()) {
                throw new NotStartable(name, true, path + " is no file", null);
            }
            if (!FileCalls.isExecutable(fromHere)) {
                throw new NotStartable(name, true, path + " has no permission to be executed", null);
            }
            return read(path, fromHere);
        } catch (LinuxException e) {
            throw NotStartable.of(name, e);
        }
    }

    /** The last part of {@link #realPath}. */
    public String name() {
        return realPath.substring(realPath.lastIndexOf('/') + 1);
    }

    private static Program read(String path, String fromHere) {
        String realPath = realPath(fromHere);
        try (OwnedFd file = FileCalls.open(fromHere, OpenFlags.O_RDONLY)) {
            byte[] head = new byte[SCRIPT_BYTES];
            int length = FileCalls.pread(file.number(), head, 0, head.length, 0);
            if (length >= 2 && head[0] == '#' && head[1] == '!') {
                return new Program(path, realPath, KernelString.decode(head, 0, length), Set.of());
            }
            return new Program(path, realPath, "", ElfSections.names(file.number()));
        } catch (LinuxException mayBeExecutedButNotRead) {
            return new Program(path, realPath, "", Set.of());
        }
    }

    private static String realPath(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_PATH)) {
            return FileCalls.readlink("/proc/self/fd/" + file.number());
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) && FileCalls.statIfExists(path).isPresent()) {
                return path; // where /proc is another pid namespace's, as beside an application
            }
            throw e;
        }
    }
}
