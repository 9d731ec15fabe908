package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@DisplayNameGeneration(ReplaceUnderscores.class)
class PlainRestoreTest {
    private static final List<String> VALUES = List.of("0", "1", "7", "-1", "+3", "250ms", "1m30s", "inherit", "null", "auto", "a=b", "'a b'", "\"q\"", "${x}",
            "@file", "", "-", "--", "/tmp/image", "restore", "all", "fail", "start", "x,y", "07", "1e3", "0x10", "99999999999", " 1", "stdout", "\u0661");
    private static final Environment NOWHERE = new Environment(new PrintStream(PrintStream.nullOutputStream()), new PrintStream(PrintStream.nullOutputStream()),
            List.of());

    @ParameterizedTest
    @ValueSource(strings = {"--detach /image", "--detach --settle 0 --no-compiled-plan /image", "/image --pid-file /run/app.pid --timeout 5s --quiet",
            "--stdout append:/log --stderr stdout --map fd:3=null --map fd:4=null --accept boot --policy p --cgroup original /image"})
    void usual_arguments_need_no_picocli(String arguments) {
        assertTrue(PlainRestore.of(words(arguments), NOWHERE).isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--help /image", "--settle=0 /image", "--settle", "--settle soon /image", "/image /other", "--detach --detach /image",
            "--on-failure start /image -- true", "--unknown /image", "-qv /image", "--status-fd 1.5 /image", "-q --quiet /image"})
    void whatever_else_is_left_to_picocli(String arguments) {
        assertTrue(PlainRestore.of(words(arguments), NOWHERE).isEmpty());
    }

    @Test
    void what_is_understood_without_picocli_is_what_picocli_understands() {
        List<String> options = optionNames();
        Random random = new Random(7);
        int understood = 0;
        for (int turn = 0; turn < 2_000; turn++) {
            List<String> arguments = new ArrayList<>(List.of("restore"));
            for (int left = random.nextInt(6); left > 0; left--) {
                String option = options.get(random.nextInt(options.size()));
                String value = VALUES.get(random.nextInt(VALUES.size()));
                switch (random.nextInt(8)) {
                    case 0 -> arguments.add(option);
                    case 1 -> arguments.add(value);
                    case 2 -> arguments.add(option + "=" + value);
                    case 3 -> arguments.add(option.substring(0, 1 + random.nextInt(option.length() - 1)));
                    default -> arguments.addAll(takesValue(option) ? List.of(option, value) : List.of(option));
                }
            }
            arguments.add(random.nextInt(arguments.size()) + 1, "/image");
            Optional<RestoreCommand> plain = PlainRestore.of(arguments, NOWHERE);
            if (plain.isPresent()) {
                understood++;
                assertEquals(state(byPicocli(arguments)), state(plain.get()), () -> "for " + arguments);
            }
        }
        assertTrue(understood > 100, "only " + understood + " lists of arguments were understood");
    }

    private static RestoreCommand byPicocli(List<String> arguments) {
        List<RestoreCommand> made = new ArrayList<>();
        CommandFacade facade = new CommandFacade(Map.of("restore", environment -> {
            made.add(new RestoreCommand(environment));
            return made.get(0);
        }), NOWHERE);
        try {
            facade.commandLine(arguments).parseArgs(arguments.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new AssertionError("picocli refuses " + arguments, e);
        }
        return made.get(0);
    }

    private static List<String> words(String arguments) {
        List<String> words = new ArrayList<>(List.of("restore"));
        words.addAll(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")));
        return words;
    }

    private static List<String> optionNames() {
        List<String> names = new ArrayList<>();
        spec().options().forEach(option -> names.addAll(List.of(option.names())));
        return names;
    }

    private static boolean takesValue(String option) {
        return spec().findOption(option).arity().max() > 0;
    }

    private static CommandSpec spec() {
        return SPEC;
    }

    private static final CommandSpec SPEC = new CommandFacade(Main.commands(), NOWHERE).commandLine(List.of()).getSubcommands().get("restore").getCommandSpec();

    /** Every option's and parameter's field, and what it holds, through the mixins. */
    private static Map<String, String> state(Object holder) {
        Map<String, String> found = new TreeMap<>();
        try {
            for (Field field : holder.getClass().getDeclaredFields()) {
                boolean own = field.isAnnotationPresent(Mixin.class);
                if (Modifier.isStatic(field.getModifiers()) || !own && field.getAnnotations().length == 0 || field.getType() == CommandSpec.class) {
                    continue;
                }
                field.setAccessible(true);
                Object value = field.get(holder);
                if (own) {
                    state(value).forEach((name, text) -> found.put(field.getName() + "." + name, text));
                } else {
                    found.put(field.getName(), value != null && value.getClass().isArray() ? "of " + Array.getLength(value) : String.valueOf(value));
                }
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        assertTrue(!found.isEmpty() || holder.getClass().getDeclaredFields().length == 0);
        return found;
    }
}
