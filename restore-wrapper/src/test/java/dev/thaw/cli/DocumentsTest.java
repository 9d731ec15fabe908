package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What the documents name is there. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DocumentsTest {
    private static final Path ROOT = Path.of(System.getProperty("thaw.root", ".."));
    private static final Pattern TEST = Pattern.compile("\\b([A-Z][A-Za-z]+IT)\\.([a-z_0-9A-Z]+)");
    private static final Pattern DOCUMENT = Pattern.compile("\\bdocs/[a-z-]+\\.md|\\b[A-Z]+\\.md|\\bscripts/[a-z-]+");

    @Test
    void every_test_that_a_document_names_exists() throws IOException {
        String tests = text(ROOT.resolve("restore-wrapper/src/test/java"), ".java");
        List<String> missing = new ArrayList<>();
        Matcher named = TEST.matcher(text(ROOT.resolve("docs"), ".md"));
        int count = 0;
        while (named.find()) {
            count++;
            if (!tests.contains("class " + named.group(1) + " ") || !tests.contains("void " + named.group(2) + "(")) {
                missing.add(named.group());
            }
        }
        assertTrue(count > 20, "the pattern finds the tests that are named");
        assertEquals(List.of(), missing);
    }

    @Test
    void every_file_that_the_readme_names_exists() throws IOException {
        Matcher named = DOCUMENT.matcher(Files.readString(ROOT.resolve("README.md")));
        List<String> missing = new ArrayList<>();
        while (named.find()) {
            if (!Files.exists(ROOT.resolve(named.group()))) {
                missing.add(named.group());
            }
        }
        assertEquals(List.of(), missing);
    }

    private static String text(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(suffix)).toList();
            StringBuilder all = new StringBuilder();
            for (Path file : found) {
                all.append(Files.readString(file)).append('\n');
            }
            return found.stream().map(Path::toString).collect(Collectors.joining(" ")) + all;
        }
    }
}
