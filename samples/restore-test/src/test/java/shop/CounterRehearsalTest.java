package shop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.junit.Applications;
import dev.thaw.junit.Engine;
import dev.thaw.junit.RestoreTest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** For machines without privileges: everything but the memory. */
@RestoreTest(engine = Engine.REHEARSE)
class CounterRehearsalTest {
    @Test
    void there_is_a_source_for_each_descriptor_when_its_output_is_another_pipe(Applications applications) {
        String report = applications.rehearse(List.of("--ready-output", "count 3", "--change", "close-pipes"), "python3", "-u", "counter.py");
        assertTrue(report.contains("held  handover"), report);
    }
}
