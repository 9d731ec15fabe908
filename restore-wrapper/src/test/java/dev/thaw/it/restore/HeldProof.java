package dev.thaw.it.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Scratch;
import dev.thaw.linux.FileCalls;

/** The script of a compiled plan that criu runs when all is restored, made to do something else first. */
final class HeldProof {
    private HeldProof() {}

    /** @param lines of a shell, to be run before the proof. @return path of the script; "proof" in the scratch directory is what it was */
    static String with(Scratch scratch, String lines) {
        String path = scratch.path("image/000001/restore.d/proof");
        String proof = new String(FileCalls.readAll(path), UTF_8);
        scratch.file("proof", proof);
        String step = "[ \"$CRTOOLS_SCRIPT_ACTION\" = post-restore ] || exit 0\n";
        assertTrue(proof.contains(step), proof);
        FileCalls.writeFile(path, proof.replace(step, step + lines).getBytes(UTF_8), 0700);
        return path;
    }
}
