package dev.thaw.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.Source;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PolicyFileTest {

    @Test
    void each_document_is_one_rule_in_order_with_its_line() {
        List<Rule> rules = PolicyFile.parse("shop.yaml", """
                # cgroup files first
                type: file
                path: /sys/fs/cgroup/**
                action: reopen
                to: cgroup
                missing: nearest
                ---
                type: pipe
                fd: 1
                pid: 42
                command: post*
                action: "null"
                warn: false
                """);

        assertEquals(2, rules.size());
        assertEquals(new Rule.Action.FromCgroup(Rule.Missing.NEAREST), rules.get(0).action());
        assertEquals("shop.yaml line 2", rules.get(0).origin());
        assertTrue(rules.get(0).warn());
        assertEquals(new Rule.Action.From(new Source.Null(), Rule.Missing.ERROR), rules.get(1).action());
        assertEquals(new Selector.Pattern(Optional.of("pipe"), Optional.empty(), OptionalInt.of(1), OptionalInt.of(42),
                Optional.of("post*"), Optional.empty(), "shop.yaml line 8"), rules.get(1).selector());
        assertFalse(rules.get(1).warn());
        assertFalse(rules.get(1).mustMatch());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "action: original | Original[]",
        "action: inherit | Inherit[]",
        "{action: inherit, to: 'fd:7'} | Descriptor[number=7]",
        "action: reopen | Original[]",
        "{action: reopen, to: /new/log} | Open[path=/new/log, how=AS_RECORDED]",
        "{action: reopen, to: 'append:/new/log'} | Open[path=/new/log, how=APPEND]",
        "action: 'null' | Null[]",
        "action: null | Null[]",
        "{action: journal, name: shop} | Journal[identifier=shop]",
        "action: pty | Pty[]",
        "{action: broker, name: 'pipe:out'} | Broker[name=pipe:out]",
    })
    void an_action_names_a_source(String document, String source) {
        Rule.Action.From from = (Rule.Action.From) PolicyFile.parse("p", document).get(0).action();

        assertEquals(source, from.source().toString());
    }

    @Test
    void without_an_action_a_match_is_an_error_as_with_crac() {
        assertEquals(new Rule.Action.Refuse(), PolicyFile.parse("p", "type: socket").get(0).action());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'type: fiel' | p, line 1: 'fiel' is none of closed, device, fifo, file, memfd, other, pipe, socket, tty",
        "'tpye: file' | p, line 1: 'tpye' is none of type, path, fd, pid, command, peer, action, to, name, missing, warn",
        "'action: close' | p, line 1: 'close' is none of error, original, inherit, reopen, null, journal, pty, broker",
        "'action: broker' | p, line 1: action: broker needs name: with the name that the broker knows",
        "'{action: reopen, missing: never}' | p, line 1: 'never' is none of error, nearest, null",
        "'fd: one' | p, line 1: a number, 0 or more, is expected",
        "'type: closed' | p, line 1: type: closed needs fd: with the number of a descriptor that the application had closed",
        "'- a list' | p, line 1: a rule is a mapping such as `type: file`, `path: /var/log/**`, `action: reopen`",
        "'path: [a, b]' | p, line 1: a single value is expected here, no list or mapping",
    })
    void an_error_names_file_line_and_what_was_expected(String text, String message) {
        assertEquals(message, assertThrows(PolicyException.class, () -> PolicyFile.parse("p", text)).getMessage());
    }

    @Test
    void an_error_in_a_later_document_has_the_line_of_its_word() {
        PolicyException thrown = assertThrows(PolicyException.class,
                () -> PolicyFile.parse("p", "type: file\naction: original\n---\ntype: pipe\naction: reopne\n"));

        assertTrue(thrown.getMessage().startsWith("p, line 5: 'reopne'"), thrown.getMessage());
    }

    @Test
    void what_is_no_yaml_is_said_with_its_line() {
        PolicyException thrown = assertThrows(PolicyException.class, () -> PolicyFile.parse("p", "type: file\npath: [\n"));

        assertTrue(thrown.getMessage().startsWith("p, line 3: no YAML"), thrown.getMessage());
    }

    @Test
    void an_empty_file_has_no_rules() {
        assertEquals(List.of(), PolicyFile.parse("p", "\n"));
        assertEquals(List.of(), PolicyFile.parse("p", "# nothing yet\n"));
    }
}
