package dev.thaw.cli;

import dev.thaw.report.ExitCode;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A manual page (man 7 man) from the model of a command, with the examples that a person wrote. */
final class ManPage {
    private ManPage() {}

    /** @param examples lines of roff for the section EXAMPLES; may be empty */
    static String of(CommandSpec command, String examples) {
        boolean isRoot = command.parent() == null;
        String name = command.qualifiedName("-");
        StringBuilder page = new StringBuilder(".\\\" Made from the command line's own model; -DupdateDocs rewrites it. Examples: man/examples.\n");
        page.append(".TH ").append(name.toUpperCase(java.util.Locale.ROOT)).append(" 1 \"\" thaw\n.SH NAME\n").append(escape(name))
                .append(" \\- ").append(escape(lowerFirst(description(command.usageMessage().description())))).append("\n.SH SYNOPSIS\n.B ")
                .append(escape(command.qualifiedName(" "))).append('\n').append(synopsis(command)).append('\n');
        page.append(".SH DESCRIPTION\n").append(escape(description(command.usageMessage().description()))).append('\n');
        if (!command.subcommands().isEmpty()) {
            page.append(".SH COMMANDS\n");
            command.subcommands().values().forEach(sub -> page.append(".TP\n.BR ").append(escape(sub.getCommandSpec().qualifiedName("-")))
                    .append(" (1)\n").append(escape(description(sub.getCommandSpec().usageMessage().description()))).append('\n'));
        }
        if (!command.positionalParameters().isEmpty()) {
            page.append(".SH ARGUMENTS\n");
            command.positionalParameters().forEach(parameter -> page.append(item(parameter.paramLabel(), parameter)));
        }
        page.append(".SH OPTIONS\n");
        command.options().stream().filter(option -> !option.hidden()).forEach(option -> page.append(item(head(option), option)));
        page.append(".SH EXIT STATUS\n");
        page.append(".TP\nthe child's own\nunchanged; 128+n where signal n ended it\n");
        ExitCode.meanings().forEach(meaning -> page.append(".TP\n").append(meaning.code()).append('\n').append(escape(meaning.text()))
                .append('\n'));
        if (!examples.isBlank()) {
            page.append(".SH EXAMPLES\n").append(examples);
        }
        page.append(".SH SEE ALSO\n").append(isRoot ? ".BR criu (8)\n" : ".BR thaw (1),\n.BR criu (8)\n");
        return page.toString();
    }

    private static String synopsis(CommandSpec command) {
        String positional = command.positionalParameters().stream().map(PositionalParamSpec::paramLabel).collect(Collectors.joining(" "));
        String takes = command.userObject() instanceof TakesCommand ? "[\\-\\-] " : "";
        return "[options] " + (command.subcommands().isEmpty() ? takes + escape(positional) : "COMMAND");
    }

    private static String head(OptionSpec option) {
        String names = List.of(option.names()).stream().collect(Collectors.joining(", "));
        return option.arity().max() == 0 || option.paramLabel().isEmpty() ? names : names + " " + option.paramLabel();
    }

    private static String item(String head, ArgSpec argument) {
        String text = description(argument.description()).replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValue())).replace("$$", "$");
        return ".TP\n.B " + escape(head) + "\n" + escape(text.isEmpty() ? "No description." : text) + "\n";
    }

    private static String description(String[] lines) {
        return String.join(" ", lines).strip();
    }

    private static String lowerFirst(String text) {
        String first = text.isEmpty() ? "" : text.split("(?<=[.])\\s")[0];
        String plain = first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
        return plain.isEmpty() ? "" : Character.toLowerCase(plain.charAt(0)) + plain.substring(1);
    }

    private static String escape(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }

    /** Every command with its name in the file system: {@code thaw-restore}. */
    static List<CommandSpec> all(CommandLine root) {
        List<CommandSpec> found = new java.util.ArrayList<>(List.of(root.getCommandSpec()));
        root.getSubcommands().values().forEach(sub -> found.addAll(all(sub)));
        return found;
    }
}
