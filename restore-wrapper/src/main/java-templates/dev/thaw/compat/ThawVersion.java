package dev.thaw.compat;

/** Which thaw this is; the build, which is the one place that knows it, fills it in. */
public final class ThawVersion {
    public static final String TEXT = "${project.version}";

    private ThawVersion() {}
}
