package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RunCommandTest {

    @ParameterizedTest
    @CsvSource({"--on-term checkpoint, --on-term checkpoint", "--once, --once", "--notify-fd 3, --notify-fd", "--map /x=null, --map",
        "--accept all --after-restore true, --after-restore"})
    void an_option_that_needs_an_image_is_named(String options, String named) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>(List.of(("run " + options).split(" ")));
        words.addAll(List.of("--", "true"));
        assertEquals(2, new CommandFacade(Map.of("run", RunCommand::new), new Environment(stream, stream, List.of())).execute(words));
        assertEquals("thaw: run: " + named + " needs --image", err.toString(StandardCharsets.UTF_8).lines().findFirst().orElse(""));
    }
}
