package dev.thaw.junit;

import java.nio.file.Path;
import java.util.List;

/** A restored application: it goes on where the checkpoint was, with every descriptor proven to have arrived. */
public final class Restored extends Running {
    private final Applications applications;
    private final String name;

    Restored(Applications applications, String name, List<String> arguments, Path image) {
        super(applications, name, arguments, List.of(image.toString()));
        this.applications = applications;
        this.name = name;
    }

    /** Another checkpoint of it. @param options of {@code thaw checkpoint} */
    public Image checkpoint(String... options) {
        return new Image(applications, name, this, List.of(options));
    }
}
