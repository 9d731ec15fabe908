package dev.thaw.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.launcher.SpawnPlanning.Kind;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class SpawnPlannerTest {
    private static final Supply NULL_TO_READ = new Supply.Opened(new Source.Null(), OpenFlags.O_RDONLY);
    private static final Supply NULL_TO_WRITE = new Supply.Opened(new Source.Null(), OpenFlags.O_WRONLY);

    private final Map<Integer, DescriptorDescription> descriptors = new TreeMap<>(Map.of(
            0, description("pipe", OpenFlags.O_RDONLY), 1, description("pipe", OpenFlags.O_WRONLY), 2, description("pipe", OpenFlags.O_WRONLY)));
    private final Map<Integer, Source> streams = new HashMap<>();
    private final List<OpenRequest> opens = new ArrayList<>();
    private List<String> environment = List.of("PATH=/bin");
    private List<String> variables = List.of();
    private Set<Integer> closed = Set.of();
    private Set<Integer> kept = Set.of();
    private Set<Integer> ignored = Set.of();
    private SessionPolicy session = SessionPolicy.NEW;
    private boolean terminal;
    private boolean detached;

    @Test
    void by_default_input_is_empty_and_output_is_the_callers() {
        assertEquals(Map.of(0, NULL_TO_READ, 1, new Supply.Callers(1), 2, new Supply.Callers(2)), plan().supplies());
        assertEquals(List.of(), plan().remarks());
    }

    @Test
    void a_terminal_is_inherited_by_a_command_in_the_foreground() {
        terminal = true;
        assertEquals(new Supply.Callers(0), plan().supplies().get(0));
    }

    @Test
    void a_detached_command_does_not_get_the_terminal_as_input() {
        terminal = true;
        detached = true;
        assertEquals(NULL_TO_READ, plan().supplies().get(0));
    }

    @Test
    void a_closed_stream_is_dev_null_and_a_warning() {
        closed = Set.of(0, 2);
        assertEquals(NULL_TO_READ, plan().supplies().get(0));
        assertEquals(NULL_TO_WRITE, plan().supplies().get(2));
        assertEquals(List.of(
                new SpawnPlan.Remark(true, "descriptor 0 is closed in the caller; the command gets /dev/null there",
                        "the next file it opened would become its descriptor 0"),
                new SpawnPlan.Remark(true, "descriptor 2 is closed in the caller; the command gets /dev/null there",
                        "the next file it opened would become its descriptor 2")), plan().remarks());
    }

    @Test
    void a_closed_stream_that_is_given_another_source_is_no_warning() {
        closed = Set.of(1);
        source(1, "append:/log");
        assertEquals(List.of(), plan().remarks());
    }

    @Test
    void the_mark_of_closed_streams_is_not_in_the_childs_environment() {
        environment = List.of("PATH=/bin", "THAW_CLOSED_STREAMS=0 2", "HOME=/");
        assertEquals(List.of("PATH=/bin", "HOME=/"), plan().environment());
    }

    @Test
    void a_file_without_append_is_switched_to_it() {
        descriptors.put(1, description("file", OpenFlags.O_WRONLY));
        descriptors.put(2, description("file", OpenFlags.O_WRONLY | OpenFlags.O_APPEND));
        assertEquals(new Supply.CallersAppending(1), plan().supplies().get(1));
        assertEquals(new Supply.Callers(2), plan().supplies().get(2));
    }

    @Test
    void a_file_that_is_only_read_is_left_as_it_is() {
        descriptors.put(0, description("file", OpenFlags.O_RDWR));
        descriptors.put(1, description("file", OpenFlags.O_RDONLY));
        source(0, "inherit");
        assertEquals(new Supply.Callers(0), plan().supplies().get(0));
        assertEquals(new Supply.Callers(1), plan().supplies().get(1));
    }

    @Test
    void sources_become_what_they_say() {
        source(0, "read:/in");
        source(1, "file:/out");
        source(2, "stdout");
        assertEquals(new Supply.OpenedPath("/in", OpenFlags.O_RDONLY, "--stdin read:/in"), plan().supplies().get(0));
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_APPEND;
        assertEquals(new Supply.OpenedPath("/out", flags, "--stdout file:/out"), plan().supplies().get(1));
        assertEquals(new Supply.SameAs(1), plan().supplies().get(2));
    }

    @Test
    void kept_and_opened_descriptors_join_the_streams() {
        descriptors.put(7, description("file", OpenFlags.O_WRONLY));
        kept = Set.of(7);
        opens.add(OpenRequest.parse("9=/x:append"));
        assertEquals(Set.of(0, 1, 2, 7, 9), plan().supplies().keySet());
        assertEquals(new Supply.Callers(7), plan().supplies().get(7));
    }

    @ParameterizedTest
    @CsvSource({"0, append:/x, cannot be read", "1, read:/x, cannot be written", "1, original, has no meaning", "1, stdout, has no meaning",
            "0, journal, has no meaning", "1, fd:8, is not open"})
    void a_source_that_does_not_fit_is_a_problem(int number, String text, String words) {
        source(number, text);
        SpawnPlanning.Rejected rejected = assertInstanceOf(SpawnPlanning.Rejected.class, planning());
        assertEquals(1, rejected.problems().size());
        assertTrue(rejected.problems().get(0).what().contains(words), rejected.toString());
    }

    @Test
    void all_problems_are_told_at_once() {
        kept = Set.of(1, 8);
        opens.add(OpenRequest.parse("9=/x"));
        opens.add(OpenRequest.parse("9=/y"));
        opens.add(OpenRequest.parse("2=/z"));
        SpawnPlanning.Rejected rejected = assertInstanceOf(SpawnPlanning.Rejected.class, planning());
        assertEquals(List.of(Kind.USAGE, Kind.SOURCE, Kind.USAGE, Kind.USAGE),
                rejected.problems().stream().map(SpawnPlanning.Problem::kind).toList());
    }

    @Test
    void a_pseudo_terminal_needs_a_session_and_somebody_who_stays() {
        source(1, "pty");
        assertEquals(new Supply.Terminal(), plan().supplies().get(1));
        session = SessionPolicy.SAME;
        assertInstanceOf(SpawnPlanning.Rejected.class, planning());
        session = SessionPolicy.NEW;
        detached = true;
        assertInstanceOf(SpawnPlanning.Rejected.class, planning());
    }

    @Test
    void of_the_ignored_signals_only_that_of_nohup_stays() {
        ignored = Set.of(Signals.SIGHUP, Signals.SIGPIPE, Signals.SIGINT);
        assertEquals(Set.of(Signals.SIGHUP), plan().ignoredSignals());
    }

    @Test
    void variables_replace_those_of_the_caller() {
        environment = List.of("A=1", "B=2", "A=3");
        variables = List.of("A=4", "C=");
        assertEquals(List.of("B=2", "A=4", "C="), plan().environment());
    }

    private void source(int number, String text) {
        streams.put(number, SourceParser.parse(text));
    }

    private SpawnPlan plan() {
        return assertInstanceOf(SpawnPlanning.Ready.class, planning()).plan();
    }

    private SpawnPlanning planning() {
        LaunchSpec spec = new LaunchSpec(
                List.of("app"), Optional.empty(), variables, streams, kept, opens, session, detached, true);
        Caller caller = new Caller(environment, descriptors, closed, terminal, ignored, OptionalLong.empty());
        return SpawnPlanner.plan(spec, caller, new Program("/bin/app", "/bin/app", "", Set.of()));
    }

    private static DescriptorDescription description(String kind, int flags) {
        return new DescriptorDescription(0, kind, "/some/" + kind, "", OpenFlags.access(flags), flags, 1, 2, 3, 0);
    }
}
