package dev.thaw.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParseException;
import dev.thaw.fdbroker.DescriptorDescription;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class LaunchRecordJsonTest {
    /** With a byte that is no UTF-8, quotes, and what HTML would have escaped. */
    private static final LaunchRecord FULL = new LaunchRecord(1, "web", 4711, 1L << 40, "boot", "2026-11-21T10:00:00Z",
            List.of("/bin/a \"b\"", "<x>&'\u0000\udcff", "\u00e4"), "/bin/a", "/", SessionPolicy.NEW,
            List.of(new DescriptorDescription(1, "pipe", "pipe:[9]", "pipe:[9]", "write", 1, 15, 9, 16, 1L << 40),
                    new DescriptorDescription(3, "file", "/log", "log", "write", 1025, 65024, 7, 27, -1)),
            List.of(new Deposited("out", "pipe:[9]", 1, "/run/broker")), "other");
    private static final LaunchRecord LEAST = new LaunchRecord(1, "", 1, 0, "", "", List.of(), null, null, null, List.of(), List.of());

    @Test
    void a_record_is_written_as_Gson_would() {
        for (LaunchRecord record : List.of(FULL, LEAST)) {
            assertEquals(KernelJson.pretty(record), LaunchRecordJson.pretty(record));
            assertEquals(KernelJson.line(record), LaunchRecordJson.line(record));
        }
    }

    @Test
    void what_was_written_is_read_again() {
        for (LaunchRecord record : List.of(FULL, LEAST)) {
            assertEquals(record, LaunchRecordJson.read(LaunchRecordJson.pretty(record)));
            assertEquals(record, LaunchRecordJson.read(KernelJson.line(record)));
        }
    }

    @Test
    void members_of_other_versions_are_passed_over() {
        String text = LaunchRecordJson.line(FULL);
        assertEquals(FULL, LaunchRecordJson.read("{\"later\":{\"a\":[1,{}]},\"nothing\":null," + text.substring(1)));
        assertEquals(List.of(), LaunchRecordJson.read("{\"format\":1,\"command\":[],\"descriptors\":[],\"inBroker\":null}").inBroker());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "{", "{}", "{\"pid\":\"x\"}", "{\"pid\":1.5}", "{\"command\":{}}", "{\"command\":[],\"descriptors\":[7]}",
            "{\"command\":[],\"descriptors\":[],\"session\":\"OTHER\"}", "{\"command\":[],\"descriptors\":[]} {}"})
    void what_is_no_record_is_refused(String text) {
        assertThrows(JsonParseException.class, () -> LaunchRecordJson.read(text));
    }
}
