package dev.thaw.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.KernelString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellTextTest {
    @Test
    void shell_reads_every_byte_as_it_was(@TempDir Path directory) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int first : new int[] {'x', '\'', '\\', '$', '\n'}) {
            for (int value = 1; value < 256; value++) {
                all.write(first);
                all.write(value);
            }
        }
        byte[] bytes = all.toByteArray();
        for (String shell : new String[] {"sh", "bash"}) {
            assertArrayEquals(bytes, echoed(directory, shell, KernelString.decode(bytes)), shell);
        }
    }

    @Test
    void plain_words_stay_readable_and_an_empty_one_stays_a_word(@TempDir Path directory) throws Exception {
        assertEquals("/var/lib/shop-1/image", ShellText.quote("/var/lib/shop-1/image"));
        assertEquals("''", ShellText.quote(""));
        assertArrayEquals(new byte[0], echoed(directory, "sh", ""));
    }

    private static byte[] echoed(Path directory, String shell, String text) throws IOException, InterruptedException {
        Path program = directory.resolve("program");
        Files.write(program, KernelString.encode("printf %s " + ShellText.quote(text) + "\n"));
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(shell, program.toString()).redirectOutput(out.toFile()).redirectErrorStream(true).start();
        assertEquals(true, process.waitFor(20, TimeUnit.SECONDS), shell);
        assertEquals(0, process.exitValue(), shell);
        return Files.readAllBytes(out);
    }
}
