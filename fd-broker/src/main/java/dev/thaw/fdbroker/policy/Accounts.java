package dev.thaw.fdbroker.policy;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import java.util.OptionalInt;

/** Numbers of users and groups by name, from the local files; directories of a network are not asked (man 5 passwd, group). */
public final class Accounts {
    private Accounts() {}

    public static OptionalInt user(String name) {
        return idIn("/etc/passwd", name);
    }

    public static OptionalInt group(String name) {
        return idIn("/etc/group", name);
    }

    private static OptionalInt idIn(String file, String name) {
        return id(KernelString.decode(FileCalls.readAll(file)), name);
    }

    /** The third field of the line whose first is the name. */
    static OptionalInt id(String text, String name) {
        return text.lines()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length > 2 && fields[0].equals(name) && fields[2].matches("\\d{1,10}"))
                .mapToInt(fields -> Integer.parseUnsignedInt(fields[2]))
                .findFirst();
    }
}
