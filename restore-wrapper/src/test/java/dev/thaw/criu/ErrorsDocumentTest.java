package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** docs/errors.md is made from the rules; {@code -DupdateDocs} rewrites it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ErrorsDocumentTest {
    private static final Path DOCUMENT = Path.of(System.getProperty("thaw.root", "..")).resolve("docs/errors.md");

    @Test
    void the_document_says_what_the_rules_say() throws IOException {
        String expected = document();
        if (System.getProperty("updateDocs") != null) {
            Files.writeString(DOCUMENT, expected);
        }
        assertEquals(expected, Files.readString(DOCUMENT), "docs/errors.md is stale: run the tests with -DupdateDocs");
    }

    private static String document() {
        StringBuilder text = new StringBuilder("""
                # What criu's failures mean

                Made from the rules that `thaw explain LOG` and every failed checkpoint and restore use. Numbers in braces stand for what the line has there.
                The first line with "Error" in a log is often harmless: these rules look for the cause.
                `thaw explain --image IMAGE LOG` also names the processes and descriptors that the log means; failed checkpoints and restores do so by themselves.

                """);
        for (FailureRule rule : RuleBook.shipped()) {
            if (rule.kind() == FailureRule.Kind.NOISE) {
                continue;
            }
            text.append("## ").append(rule.name()).append("\n\n```\n").append(rule.examples().get(0).strip()).append("\n```\n\n")
                    .append(sentence(rule.cause())).append("\n\n");
            if (!rule.advice().isEmpty()) {
                text.append("Try: ").append(sentence(rule.advice())).append("\n\n");
            }
        }
        text.append("# Lines that are no cause\n\n");
        RuleBook.shipped().stream().filter(rule -> rule.kind() == FailureRule.Kind.NOISE).forEach(rule -> text.append("- `")
                .append(rule.examples().get(0).strip()).append("`: ").append(rule.cause()).append('\n'));
        return text.toString();
    }

    private static String sentence(String text) {
        return text.endsWith(".") ? text : text + ".";
    }
}
