import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Semaphore;
import sun.misc.Signal;

/**
 * Connects, chooses a random number, reads its settings; all three anew at SIGHUP, which says that it was restored or checkpointed.
 *
 * <p>usage: java -XX:-UsePerfData Notice.java PORT SETTINGS
 */
public final class Notice {
    private Notice() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var notices = new Semaphore(0);
        Signal.handle(new Signal("HUP"), signal -> notices.release());
        while (true) {
            try (Socket server = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]))) {
                Random random = seeded();
                String place = Files.readString(Path.of(args[1])).strip();
                String line = "java " + place + " " + random.nextLong(1L << 32) + " -\n";
                server.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
                notices.acquire();
            }
        }
    }

    /** From the kernel: else all restores of one image would choose alike. */
    private static Random seeded() throws IOException {
        try (var kernel = new DataInputStream(Files.newInputStream(Path.of("/dev/urandom")))) {
            return new Random(kernel.readLong());
        }
    }
}
