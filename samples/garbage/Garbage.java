import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Has needed much memory and needs little now, like a server after its start; then numbers the lines that it reads. */
public final class Garbage {
    private static final List<byte[]> KEPT = new ArrayList<>();

    private Garbage() {}

    /** @param arguments how many MB it has needed, and how many of them it keeps */
    public static void main(String[] arguments) throws IOException {
        fill(new ArrayList<>(), Integer.parseInt(arguments[0]));
        fill(KEPT, Integer.parseInt(arguments[1]));
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int count = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(++count + " " + line + ", " + KEPT.size() + " blocks kept");
        }
    }

    private static void fill(List<byte[]> blocks, int megabytes) {
        Random random = new Random(1);
        for (int i = 0; i < megabytes * 10; i++) {
            byte[] block = new byte[100_000];
            random.nextBytes(block); // pages of zeroes would be no burden to an image
            blocks.add(block);
        }
    }
}
