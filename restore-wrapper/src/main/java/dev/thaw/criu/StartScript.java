package dev.thaw.criu;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program file that only says how criu is started, as scripts/install-criu makes one. Who knows what it says can do without the shell that runs it. */
public final class StartScript {
    private static final Pattern FILE = Pattern.compile("#!/bin/sh\nexec((?: '[^']*')+) \"\\$@\"\n");
    private static final Pattern WORD = Pattern.compile("'([^']*)'");

    private StartScript() {}

    /**
     * @param path of criu
     * @param content of that file, or its beginning
     * @return the words before criu's arguments: of such a script those that it says, else the path
     */
    public static List<String> command(String path, String content) {
        Matcher file = FILE.matcher(content);
        if (!file.matches()) {
            return List.of(path);
        }
        List<String> words = new ArrayList<>();
        for (Matcher word = WORD.matcher(file.group(1)); word.find();) {
            words.add(word.group(1));
        }
        return words.get(0).startsWith("/") ? List.copyOf(words) : List.of(path);
    }
}
