package dev.thaw.criu;

import java.util.List;
import java.util.Objects;

/**
 * A criu that has shown that it works here.
 *
 * @param path absolute
 * @param origin where it was found, for messages: {@code --criu}, {@code $THAW_CRIU}, {@code installed by scripts/install-criu},
 *     {@code PATH}, or a system directory outside it
 */
public record CriuBinary(String path, CriuVersion version, String origin, List<Passed> passedOver) implements CriuSearch {
    public CriuBinary {
        Objects.requireNonNull(path, "path is null");
        Objects.requireNonNull(version, "version is null");
        Objects.requireNonNull(origin, "origin is null");
        passedOver = List.copyOf(passedOver);
    }

    public CriuFeatures features() {
        return new CriuFeatures(version);
    }

    @Override
    public CriuBinary orFailure() {
        return this;
    }
}
