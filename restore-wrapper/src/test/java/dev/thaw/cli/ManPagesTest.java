package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.report.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine.Model.CommandSpec;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ManPagesTest {
    private static final Path PAGES = Path.of(System.getProperty("thaw.root", "..")).resolve("man");

    private static List<CommandSpec> commands() {
        PrintStream none = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
        return ManPage.all(new CommandFacade(Main.commands(), new Environment(none, none, List.of())).commandLine(List.of()));
    }

    @TestFactory
    Stream<DynamicTest> each_command_has_a_page_that_says_what_it_is_now() {
        return commands().stream().map(command -> DynamicTest.dynamicTest(command.qualifiedName("-"), () -> {
            String name = command.qualifiedName("-");
            Path examples = PAGES.resolve("examples/" + name + ".roff");
            String expected = ManPage.of(command, Files.exists(examples) ? Files.readString(examples) : "");
            Path page = PAGES.resolve(name + ".1");
            if (System.getProperty("updateDocs") != null) {
                Files.writeString(page, expected);
            }
            assertTrue(Files.exists(page), page + " is missing: run the tests with -DupdateDocs");
            assertEquals(expected, Files.readString(page), page + " is stale: run the tests with -DupdateDocs");
        }));
    }

    @Test
    void no_page_is_of_a_command_that_is_not_there() throws IOException {
        try (Stream<Path> files = Files.list(PAGES)) {
            List<String> pages = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".1")).sorted().toList();
            assertEquals(commands().stream().map(command -> command.qualifiedName("-") + ".1").sorted().toList(), pages);
        }
    }

    @Test
    void every_option_has_a_description() {
        for (CommandSpec command : commands()) {
            assertFalse(ManPage.of(command, "").contains("No description."), command.qualifiedName() + " has an option without a description");
        }
    }

    @Test
    void every_exit_code_is_in_the_readme() throws IOException {
        String readme = Files.readString(PAGES.resolveSibling("README.md"));
        ExitCode.meanings().forEach(meaning -> assertTrue(
                readme.matches("(?s).*\\| [0-9, ]*\\b" + meaning.code() + "\\b.*"), meaning.code() + " is not in README.md"));
    }
}
