package dev.thaw.it.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.check.Severity;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code thaw check host}, on the machine that the tests run on. */
@IntegrationTest
class CheckHostIT {

    @Test
    void what_is_found_comes_worst_first_with_its_remedy_and_the_exit_code_says_whether_something_stops_it(Scratch scratch) {
        ThawProcess.Result told = ThawProcess.run(scratch, "check", "host", "--json");
        JsonObject report = JsonParser.parseString(told.out()).getAsJsonObject();
        List<Severity> severities = new ArrayList<>();
        report.getAsJsonArray("findings").forEach(entry -> {
            JsonObject finding = entry.getAsJsonObject();
            severities.add(Severity.valueOf(finding.get("severity").getAsString()));
            boolean isBad = severities.get(severities.size() - 1).compareTo(Severity.NEEDS) <= 0;
            assertFalse(isBad && finding.getAsJsonArray("try").isEmpty(), finding::toString);
        });
        assertEquals(severities.stream().sorted().toList(), severities, told.out());
        assertEquals(severities.contains(Severity.STOPS) ? 121 : 0, told.exitCode());
    }

    @Test
    void a_criu_that_is_not_there_stops_it_and_nothing_is_said_that_only_criu_knows(Scratch scratch) {
        String said = ThawProcess.run(scratch, "check", "host", "--criu", scratch.path("none")).expect(121).out().replaceAll("\\s+", " ");
        assertEquals(0, said.indexOf("stops the criu that was asked for does not work: " + scratch.path("none")), said);
        assertFalse(said.contains("nftables"), said);
    }
}
