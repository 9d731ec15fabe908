package dev.thaw.junit;

import java.util.ArrayList;
import java.util.List;

/** An application that the test has started. */
public final class Application extends Running {
    private final Applications applications;
    private final String name;

    Application(Applications applications, String name, List<String> options, List<String> command) {
        super(applications, name, options, behindDashes(command));
        this.applications = applications;
        this.name = name;
    }

    private static List<String> behindDashes(List<String> command) {
        List<String> rest = new ArrayList<>(List.of("--"));
        rest.addAll(command);
        return rest;
    }

    /**
     * Writes a checkpoint, and with that ends it. What thaw has to say against it fails the test.
     *
     * @param options of {@code thaw checkpoint}, such as {@code --tcp}, {@code close}
     */
    public Image checkpoint(String... options) {
        return new Image(applications, name, this, List.of(options));
    }
}
