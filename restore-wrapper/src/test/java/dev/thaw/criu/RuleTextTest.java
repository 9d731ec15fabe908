package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.report.Lines;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a rule says is short enough to read at three in the morning, in a terminal of 100 columns, and names what to type next. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class RuleTextTest {
    private static final int COLUMNS = 100;
    private static final int LINES = 3;
    /** A command, or what stands before or behind one. */
    private static final Pattern TO_TYPE = Pattern.compile("(?<![\\w-])(thaw (checkpoint|restore|run|plan|check|explain|inspect) ?|criu --|scripts/install-criu|"
            + "(ss|ls|ps|nft|iptables|chmod|df|free|fuser|grep|rm|unshare) |[A-Z_]{6,}=|--[a-z])");

    static Stream<FailureRule> rules() {
        return RuleBook.shipped().stream().filter(rule -> rule.kind() != FailureRule.Kind.NOISE);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void it_is_short_and_names_the_next_command(FailureRule rule) {
        for (String text : new String[] {rule.cause(), rule.advice()}) {
            int lines = Lines.ofProse(text, COLUMNS - "try: ".length(), COLUMNS - 2).size();
            assertTrue(lines <= LINES, () -> rule.name() + " takes " + lines + " lines: " + text);
        }
        assertTrue(TO_TYPE.matcher(rule.advice()).find(), () -> rule.name() + " names nothing to type: " + rule.advice());
    }
}
