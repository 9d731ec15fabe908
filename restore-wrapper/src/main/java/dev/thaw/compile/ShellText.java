package dev.thaw.compile;

/** Words of a shell program. */
public final class ShellText {
    private ShellText() {}

    /** Stands for exactly this text, whatever it holds but NUL: between single quotes nothing is special but their end (POSIX shell, 2.2.2). */
    public static String quote(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
