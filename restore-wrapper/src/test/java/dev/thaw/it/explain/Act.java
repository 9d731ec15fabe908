package dev.thaw.it.explain;

/** One or more failures that need about the same. */
record Act(String name, Play play) {

    interface Play {
        void on(Stage stage) throws Exception;
    }

    @Override
    public String toString() {
        return name;
    }
}
