package dev.thaw.cli;

import dev.thaw.linux.FileCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the JVM sees when a class archive is made (see {@code thaw}, the script): the ways of a plan, a restore and a supervised run, so that
 * their classes, and the code behind their lambdas, are in it. The image is one of {@code sleep} with three descriptors; criu is played by a script,
 * as the archive has to come into being where criu may not run.
 */
final class Training {
    private static final List<String> IMAGE_FILES = List.of("core-30011.img", "fdinfo-2.img", "files.img", "fs-30011.img", "ids-30011.img",
            "inventory.img", "manifest.json", "mm-30011.img", "pagemap-30011.img", "pstree.img", "seccomp.img", "timens-0.img");
    private static final String CRIU = """
            #!/bin/sh
            case $1 in
                --version) echo "Version: 4.2" ;;
                restore) exit 1 ;;
            esac
            """;

    private Training() {}

    /** @param args an empty directory of ours, for anything that is written */
    public static void main(String[] args) throws IOException {
        String directory = args[0];
        String image = directory + "/000001";
        FileCalls.mkdir(image, 0700);
        for (String name : IMAGE_FILES) {
            try (InputStream content = Training.class.getResourceAsStream("training/" + name)) {
                FileCalls.writeFile(image + "/" + name, content.readAllBytes(), 0600);
            }
        }
        // That it does not hold what the manifest says costs a restore nothing here: there is none.
        FileCalls.writeFile(image + "/pages-1.img", new byte[110592], 0600);
        String criu = directory + "/criu";
        FileCalls.writeFile(criu, CRIU.getBytes(StandardCharsets.US_ASCII), 0700);

        RawArguments.of(new String[] {"\u00e4"});
        Environment.ofThisProcess();
        run(directory, "--version");
        run(directory, "plan", "--help");
        run(directory, "plan", "--accept", "all", "--criu", criu, image);
        run(directory, "restore", "--accept", "all", "--criu", criu, "--settle", "0", "--timeout", "5s", "--map", "pipe:[*]=null", image);
        run(directory, "restore", "--accept", "all", "--criu", criu, "--stdout", "inherit", "--stderr", "null", "--detach", "--pid-file",
                directory + "/pid", image);
        run(directory, "run", "--settle", "0", "--", "/bin/true");
        // Without this no archive is written.
        System.exit(0);
    }

    private static void run(String directory, String... arguments) {
        List<String> variables = new ArrayList<>(List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "XDG_RUNTIME_DIR=" + directory, "XDG_CACHE_HOME=" + directory,
                "TMPDIR=" + directory));
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            Main.run(List.of(arguments), new Environment(nowhere, nowhere, variables));
        }
    }
}
