package dev.thaw.compat;

import java.util.ArrayList;
import java.util.List;

/** Which files a command line names as what is to be run. Pure. */
final class ProgramFiles {
    private ProgramFiles() {}

    /**
     * The program apart: of its arguments the first that is no option, as in {@code python3 server.py}, {@code java -jar shop.jar} and, with
     * several in one, {@code java -cp a.jar:b.jar Main}. Whether they are files is for the caller to see; later arguments are data more often
     * than code.
     */
    static List<String> candidates(List<String> command) {
        for (String argument : command.subList(Math.min(1, command.size()), command.size())) {
            if (!argument.startsWith("-") && !argument.isEmpty()) {
                List<String> paths = new ArrayList<>();
                for (String path : argument.split(":")) {
                    if (!path.isEmpty()) {
                        paths.add(path);
                    }
                }
                return paths;
            }
        }
        return List.of();
    }
}
