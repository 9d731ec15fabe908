package dev.thaw.plan;

/** What becomes of one descriptor. */
sealed interface Decision {

    /** CRIU restores it by itself. */
    record Left(String because) implements Decision {}

    /**
     * Handed over.
     *
     * @param rule who decided: {@code auto}, {@code --stdout append:x}, …
     * @param because in words for {@code thaw plan}
     * @param description uses with equal numbers get one open file description though the image had several; -1: as in the image
     */
    record Replaced(Opening opening, String rule, String because, int description) implements Decision {}

    /** No source: the plan is rejected. */
    record Failed(PlanProblem problem) implements Decision {}
}
