package dev.thaw.start;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.Generation;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.start.Course.Failed;
import dev.thaw.start.Course.Next;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CourseTest {
    private static final Generation OLD = generation(1, false);
    private static final Generation NEW = generation(2, false);

    private static Generation generation(int number, boolean quarantined) {
        return new Generation(number, "/image/00000" + number, true, quarantined);
    }

    private static Failed failure(int exitCode) {
        return Failed.of(Failure.of(exitCode, "it failed", "why"), false);
    }

    @Test
    void the_current_generation_comes_first_then_older_ones_and_never_a_newer_one() {
        List<Generation> all = List.of(OLD, NEW, generation(3, false));
        assertEquals(List.of(NEW, OLD), Candidates.of(all, OptionalInt.of(2)));
    }

    @Test
    void what_is_quarantined_or_half_is_passed_over() {
        List<Generation> all = List.of(OLD, generation(2, true), new Generation(3, "/image/000003", false, false));
        assertEquals(List.of(OLD), Candidates.of(all, OptionalInt.of(3)));
    }

    @Test
    void without_a_current_generation_there_is_none() {
        assertEquals(List.of(), Candidates.of(List.of(OLD), OptionalInt.empty()));
    }

    @Test
    void without_any_generation_the_command_is_started_whatever_is_to_follow_a_failure() {
        assertEquals(new Next.Start(Optional.empty()), Course.of(List.of(), false).next());
    }

    @ParameterizedTest
    @ValueSource(ints = {ExitCode.IMAGE, ExitCode.CRIU, ExitCode.TIME_LIMIT})
    void an_image_that_fails_gives_way_to_an_older_one_and_then_to_a_start(int exitCode) {
        Course course = Course.of(List.of(NEW, OLD), true);
        assertEquals(new Next.Restore(NEW), course.next());
        Course second = course.after(failure(exitCode));
        assertEquals(new Next.Restore(OLD), second.next());
        Failed last = failure(exitCode);
        assertEquals(new Next.Start(Optional.of(last.why())), second.after(last).next());
    }

    @ParameterizedTest
    @ValueSource(ints = {ExitCode.PLAN, ExitCode.SOURCE, ExitCode.FAILURE})
    void what_is_not_the_images_fault_needs_no_older_one(int exitCode) {
        Failed failed = failure(exitCode);
        assertEquals(Course.Fault.CIRCUMSTANCES, failed.fault());
        Course after = Course.of(List.of(NEW, OLD), true).after(failed);
        assertEquals(new Next.Start(Optional.of(failed.why())), after.next());
        assertEquals(new Next.End(failed), Course.of(List.of(NEW, OLD), false).after(failed).next());
    }

    @Test
    void a_failure_with_an_excuse_is_not_the_images_fault() {
        assertEquals(Course.Fault.CIRCUMSTANCES, Failed.of(Failure.of(ExitCode.CRIU, "a pid is taken", "by another"), true).fault());
    }

    @Test
    void without_a_start_the_last_failure_is_the_end() {
        Failed last = failure(ExitCode.CRIU);
        assertEquals(new Next.End(last), Course.of(List.of(NEW), false).after(last).next());
    }

    @Test
    void an_application_that_ends_at_once_keeps_its_exit_code_unless_it_is_0() {
        Failure failure = Failure.of(ExitCode.CRIU, "it ended", "why");
        assertEquals(OptionalInt.of(7), Failed.atOnce(failure, 7).own());
        assertEquals(OptionalInt.empty(), Failed.atOnce(failure, 0).own());
        assertEquals(Course.Fault.IMAGE, Failed.atOnce(failure, 7).fault());
    }
}
