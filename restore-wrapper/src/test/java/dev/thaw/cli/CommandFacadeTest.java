package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.report.Failure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CommandFacadeTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> got = new ArrayList<>();

    /** A command that does what its first word says. */
    @Command(name = "do")
    private final class Do implements Callable<Integer>, TakesCommand {
        @Mixin
        private CommonOptions common;

        @Option(names = "--number")
        private int number;

        @Parameters
        private List<String> words = new ArrayList<>();

        @Override
        public Integer call() {
            got.addAll(words);
            switch (words.isEmpty() ? "" : words.get(0)) {
                case "fail":
                    throw new Failure(123, "no source", List.of("it is gone"), List.of("another"));
                case "break":
                    throw new IllegalStateException("odd");
                case "overflow":
                    throw new StackOverflowError();
                default:
                    return number;
            }
        }
    }

    private int execute(String... arguments) {
        Map<String, Function<Environment, Callable<Integer>>> commands = Map.of("do", environment -> new Do());
        Environment environment = new Environment(new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                List.of());
        return new CommandFacade(commands, environment).execute(List.of(arguments));
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void a_commands_number_is_the_exit_code() {
        assertEquals(7, execute("do", "--number", "7"));
        assertEquals("", err());
    }

    @Test
    void what_follows_the_first_word_is_not_looked_at() {
        assertEquals(0, execute("do", "word", "--number", "7", "@file", "-h"));
        assertEquals(List.of("word", "--number", "7", "@file", "-h"), got);
    }

    @Test
    void a_failure_is_told_with_its_exit_code_and_the_commands_name() {
        assertEquals(123, execute("do", "fail"));
        assertEquals("thaw: do: no source\n  because: it is gone\n  try: another\n", err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"break", "overflow"})
    void a_fault_is_125_and_shows_no_stack(String word) {
        assertEquals(125, execute("do", word));
        assertTrue(err().contains("a fault inside thaw stopped it") && !err().contains("\tat "), err());
    }

    @Test
    void a_wrong_command_line_is_2_and_names_the_help() {
        assertEquals(2, execute("do", "--number", "many"));
        assertTrue(err().startsWith("thaw: do: ") && err().endsWith("  try: thaw do --help\n"), err());
        err.reset();
        assertEquals(2, execute("undo"));
        assertTrue(err().startsWith("thaw: there is no command 'undo'\n"), err());
        assertEquals(List.of(), got);
    }

    @Test
    void help_goes_to_the_output_and_lists_the_exit_codes() {
        assertEquals(0, execute("do", "--help"));
        assertEquals("", err());
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("Exit codes:"), out.toString(StandardCharsets.UTF_8));
    }
}
