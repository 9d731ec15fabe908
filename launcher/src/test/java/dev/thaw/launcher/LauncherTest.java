package dev.thaw.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.JournalStream;
import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.fdbroker.SourceUnavailable;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class LauncherTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final List<OpenRequest> opens = new ArrayList<>();
    private OptionalLong noFile = OptionalLong.empty();
    private Optional<String> chdir = Optional.empty();

    @Test
    void child_has_exactly_the_streams_and_what_was_named() {
        opens.add(OpenRequest.parse("5=/etc/passwd"));
        opens.add(OpenRequest.parse("40=" + path("log") + ":append"));
        // Neither a pipeline nor exec: the shell would have further descriptors, or ls would.
        assertEquals(List.of("0", "1", "2", "40", "5"), List.of(shell("ls /proc/$$/fd; :").split("\n")));
    }

    @Test
    void the_record_says_what_the_child_really_has() {
        opens.add(OpenRequest.parse("40=" + path("log") + ":append"));
        LaunchedProcess process = start("exec sleep 60");
        try {
            assertEquals(List.of(0, 1, 2, 40), process.record().descriptors().stream().map(DescriptorDescription::fd).toList());
            for (DescriptorDescription recorded : process.record().descriptors()) {
                assertEquals(recorded, DescriptorDescription.describe(process.pid(), recorded.fd()));
            }
            ProcessStat stat = ProcessStat.read(process.pid()).orElseThrow();
            assertEquals(stat.startTicks(), process.record().startTicks());
            assertEquals(process.pid(), stat.session());
            assertEquals(List.of("sh", "-c", "exec sleep 60"), process.record().command());
        } finally {
            ProcessCalls.kill(process.pid(), Signals.SIGKILL);
            await(process.pid());
        }
    }

    @Test
    void signals_have_their_default_actions_and_none_is_blocked() {
        assertEquals("SigBlk: 0000000000000000 SigIgn: 0000000000000000", shell("echo $(grep -E 'SigBlk|SigIgn' /proc/$$/status)"));
    }

    @Test
    void the_limit_of_descriptors_is_the_callers() {
        noFile = OptionalLong.of(321);
        ProcessCalls.Limit ours = ProcessCalls.noFileLimit();
        assertEquals("321", shell("ulimit -Sn"));
        assertEquals(ours, ProcessCalls.noFileLimit());
    }

    @Test
    void working_directory_is_the_one_asked_for() {
        chdir = Optional.of("/usr");
        assertEquals("/usr", shell("pwd -P"));
    }

    @Test
    void a_script_without_a_first_line_is_given_to_the_shell() {
        FileCalls.writeFile(path("script"), "echo \"script $1\" >\"$2\"\n".getBytes(UTF_8), 0700);
        assertEquals(0, await(start(List.of(path("script"), "x y", path("answer"))).pid()).exitCode());
        assertEquals("script x y\n", content("answer"));
    }

    @Test
    void a_program_that_cannot_be_executed_starts_nothing() {
        FileCalls.writeFile(path("bad"), "#!/no/such/interpreter\n".getBytes(UTF_8), 0700);
        assertFalse(assertThrows(NotStartable.class, () -> start(List.of(path("bad")))).found());
    }

    @Test
    void a_descriptor_that_cannot_be_had_starts_nothing() {
        opens.add(OpenRequest.parse("5=" + path("absent")));
        SourceUnavailable e = assertThrows(SourceUnavailable.class, () -> start("touch " + path("started")));
        assertEquals("--open 5=" + path("absent") + " is not available", e.getMessage());
        assertFalse(FileCalls.statIfExists(path("started")).isPresent());
    }

    @Test
    void a_new_session_is_led_by_the_child() {
        assertEquals("yes", shell("read -r p c s pp g sid rest </proc/$$/stat; [ $sid = $$ ] && [ $g = $$ ] && echo yes"));
    }

    /** What the script writes to its standard output. */
    private String shell(String script) {
        assertEquals(0, await(start("exec >" + path("answer") + ".new; " + script).pid()).exitCode());
        return new String(FileCalls.readAll(path("answer") + ".new"), UTF_8).strip();
    }

    private LaunchedProcess start(String script) {
        return start(List.of("sh", "-c", script));
    }

    private LaunchedProcess start(List<String> command) {
        Map<Integer, Source> streams = Map.of(0, new Source.Null(), 1, new Source.Null(), 2, new Source.Null());
        LaunchSpec spec = new LaunchSpec(command, chdir, List.of(), streams, Set.of(), opens, SessionPolicy.NEW, false, true);
        Caller caller = new Caller(ProcessCalls.environment(), new TreeMap<>(), Set.of(), false, Set.of(), noFile);
        Program program = Program.find(command.get(0), caller.environment(), chdir);
        SpawnPlan plan = assertInstanceOf(SpawnPlanning.Ready.class, SpawnPlanner.plan(spec, caller, program)).plan();
        try (PreparedLaunch prepared = new Launcher(new SourceOpener(LIMIT, JournalStream.SOCKET, "test", name -> { throw new AssertionError(name); })).prepare(plan, "")) {
            return prepared.start();
        }
    }

    private static WaitStatus await(int pid) {
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, LIMIT);
        if (status.isEmpty()) {
            ProcessCalls.kill(pid, Signals.SIGKILL);
            ProcessCalls.waitPid(pid, false);
        }
        assertTrue(status.isPresent(), "the child did not end");
        return status.get();
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private String content(String name) {
        return new String(FileCalls.readAll(path(name)), UTF_8);
    }
}
