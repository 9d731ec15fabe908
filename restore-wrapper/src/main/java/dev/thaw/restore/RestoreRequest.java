package dev.thaw.restore;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.plan.RestorePlan;
import java.time.Duration;
import java.util.Optional;

/**
 * One restore to be done.
 *
 * @param imageRoot the directory of generations that the images are in; empty for others
 * @param limit for everything up to the proof
 * @param pidNamespace whether it is to be into a fresh pid namespace
 */
public record RestoreRequest(ImageSnapshot image, RestorePlan plan, Optional<String> imageRoot, Duration limit, boolean pidNamespace) {}
