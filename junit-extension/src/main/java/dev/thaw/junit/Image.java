package dev.thaw.junit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A checkpoint: what can be restored, as often as the test likes, as long as nothing restored from it runs. */
public final class Image {
    private final Applications applications;
    private final String name;
    private final Path path;
    private int restores;

    Image(Applications applications, String name, Running application, List<String> options) {
        this.applications = applications;
        this.name = name;
        this.path = applications.directory().resolve(name + ".image");
        List<String> arguments = new ArrayList<>(List.of("checkpoint"));
        arguments.addAll(options);
        arguments.addAll(List.of(Integer.toString(application.pid()), path.toString()));
        applications.thaw().succeed(arguments);
        // thaw run reaps it and ends as it did; its pid is free then.
        application.awaitEnd();
    }

    /** The directory, for {@code thaw inspect} and {@code thaw plan}. */
    public Path path() {
        return path;
    }

    /**
     * Restores it, with another output: what it writes from now on is {@link Restored#output()}.
     *
     * @param options of {@code thaw restore}, such as {@code --map}, {@code /var/log/x.log=/tmp/x.log}
     */
    public Restored restore(String... options) {
        restores++;
        List<String> arguments = new ArrayList<>(List.of("restore"));
        arguments.addAll(List.of(options));
        return new Restored(applications, name + ".restored-" + restores, arguments, path);
    }
}
