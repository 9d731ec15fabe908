package dev.thaw.criu;

import java.util.ArrayList;
import java.util.List;

/** A program file that only says how criu is started, as scripts/install-criu makes one. Who knows what it says can do without the shell that runs it. */
public final class StartScript {
    private static final String BEGIN = "#!/bin/sh\nexec";
    private static final String END = " \"$@\"\n";

    private StartScript() {}

    /**
     * @param path of criu
     * @param content of that file, or its beginning
     * @return the words before criu's arguments: of such a script those that it says, else the path
     */
    public static List<String> command(String path, String content) {
        List<String> words = new ArrayList<>();
        if (content.startsWith(BEGIN) && content.endsWith(END)) {
            int at = BEGIN.length();
            int end = content.length() - END.length();
            while (at < end) {
                int quote = content.startsWith(" '", at) ? content.indexOf('\'', at + 2) : -1;
                if (quote < 0 || quote >= end) {
                    return List.of(path);
                }
                words.add(content.substring(at + 2, quote));
                at = quote + 1;
            }
        }
        return !words.isEmpty() && words.get(0).startsWith("/") ? List.copyOf(words) : List.of(path);
    }
}
