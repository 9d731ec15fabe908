package dev.thaw.cli;

/** The program {@code thaw}. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(0);
    }
}
