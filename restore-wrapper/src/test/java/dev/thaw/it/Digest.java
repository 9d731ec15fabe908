package dev.thaw.it;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Tells whether an images directory is as it was. */
public final class Digest {
    private Digest() {}

    /** Of names, owners, modes, times and contents of all files in a directory. */
    public static String of(String directory) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (String name : FileCalls.list(directory)) {
                String path = directory + "/" + name;
                FileStatus status = FileCalls.lstat(path);
                sha.update((name + " " + status).getBytes(StandardCharsets.UTF_8));
                sha.update(status.isRegular() ? FileCalls.readAll(path) : status.isDirectory() ? of(path).getBytes(StandardCharsets.UTF_8)
                        : FileCalls.readlink(path).getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
