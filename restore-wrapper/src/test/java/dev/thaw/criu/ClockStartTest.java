package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.compile.ShellText;
import dev.thaw.image.ClockImages.Clocks;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.SystemCallNumbers;
import dev.thaw.supervise.HelperCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a program in criu's place that says how it was started; that it works with criu, CriuStartIT shows. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class ClockStartTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final List<String> CRIU = List.of("/bin/sh", "-c", "echo \"$*\" ${XDG_RUNTIME_DIR-none}", "criu", "restore");
    private static final ShortStart WITH_CLOCKS = new ShortStart(TaskImage.NO_LOGIN, Optional.of(new Clocks(1000, 1, 2000, 999_999_999)));
    private static final ShortStart WITHOUT_CLOCKS = new ShortStart(TaskImage.NO_LOGIN, Optional.empty());

    @Test
    void image_without_clocks_needs_no_time_namespace(@TempDir Path directory) {
        assertEquals("restore --unprivileged none\n", run(words(WITHOUT_CLOCKS, directory), "").output());
    }

    @Test
    void where_no_time_namespace_can_be_made_criu_is_started_as_always(@TempDir Path directory) {
        List<String> words = words(WITH_CLOCKS, directory);
        String unshare = Integer.toString(SystemCallNumbers.here().unshare());
        words.replaceAll(word -> word.equals(unshare) ? "99999" : word);
        assertEquals("restore none\n", run(words, "").output());
    }

    @Test
    void directory_that_is_locked_otherwise_is_left_alone(@TempDir Path directory) {
        HelperCommand.Result result = run(words(WITHOUT_CLOCKS, directory), "flock --exclusive " + ShellText.quote(directory.toString()) + " ");
        assertEquals("1 ", result.exitCode() + " " + result.output());
    }

    @Test
    void directory_of_findings_that_are_not_for_us_is_not_taken(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("for"), "somebody else");
        assertEquals("restore --unprivileged none\n", run(words(WITHOUT_CLOCKS, directory), "").output());
    }

    private static List<String> words(ShortStart start, Path directory) {
        List<String> words = new ArrayList<>(ClockStart.words(start, Optional.of(directory.toString()), directory.toString()));
        words.addAll(CRIU);
        return words;
    }

    private static HelperCommand.Result run(List<String> words, String before) {
        String command = words.stream().map(ShellText::quote).collect(Collectors.joining(" "));
        return HelperCommand.run("unset XDG_RUNTIME_DIR; " + before + command, Map.of("LC_ALL", "C"), LIMIT);
    }
}
