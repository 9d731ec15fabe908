package dev.thaw.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class NameRegistryTest {
    @TempDir
    Path temporary;

    private NameRegistry registry;

    @BeforeEach
    void setUp() {
        registry = new NameRegistry(path());
    }

    @Test
    void a_running_process_is_found_by_its_name_and_by_its_pid() {
        LaunchRecord record = record("web", ProcessCalls.getpid(), 0);
        registry.put(record);
        assertEquals(Optional.of(record), registry.find("web"));
        assertEquals(Optional.of(record), registry.findPid(ProcessCalls.getpid()));
        assertEquals(0700, FileCalls.stat(path()).permissions());
        assertEquals(0600, FileCalls.stat(path() + "/web.json").permissions());
    }

    @Test
    void bytes_that_are_no_text_come_back_as_they_were() {
        String bytes = KernelString.decode(new byte[] {'a', (byte) 0xff, (byte) 0xc3, (byte) 0xa9, '"'});
        LaunchRecord record = new LaunchRecord(
                1, "web", ProcessCalls.getpid(), startTicks(), bootId(), "t", List.of(bytes), bytes, "/", SessionPolicy.NEW, List.of());
        registry.put(record);
        assertEquals(List.of(bytes), registry.find("web").orElseThrow().command());
        assertTrue(new String(FileCalls.readAll(path() + "/web.json"), UTF_8).contains("a\\udcff\u00e9"));
    }

    @Test
    void a_pid_that_is_another_process_by_now_is_not_found_and_is_removed_by_the_next_one() {
        registry.put(record("web", ProcessCalls.getpid(), 1));
        assertEquals(Optional.empty(), registry.find("web"));
        registry.put(record("other", ProcessCalls.getpid(), 0));
        assertFalse(FileCalls.statIfExists(path() + "/web.json").isPresent());
    }

    @Test
    void a_file_that_is_no_record_counts_as_none() {
        registry.put(record("web", ProcessCalls.getpid(), 0));
        for (String content : List.of("", "[]", "{}", "{\"format\":1}", "{\"format\":99}", "nonsense")) {
            FileCalls.writeFile(path() + "/web.json", content.getBytes(UTF_8), 0600);
            assertEquals(Optional.empty(), registry.find("web"), content);
        }
    }

    @Test
    void a_name_that_a_running_process_has_is_refused() {
        registry.put(record("web", ProcessCalls.getpid(), 0));
        NameRegistry.NameTaken e = assertThrows(NameRegistry.NameTaken.class, () -> registry.startNamed("web", () -> {
            throw new AssertionError("started all the same");
        }));
        assertEquals("the name web is pid " + ProcessCalls.getpid() + "'s, which runs", e.getMessage());
    }

    @Test
    void of_two_that_want_a_name_at_the_same_time_one_gets_it() throws Exception {
        CountDownLatch starting = new CountDownLatch(1);
        CountDownLatch refused = new CountDownLatch(1);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Callable<LaunchedProcess> first = () -> registry.startNamed("web", () -> {
                starting.countDown();
                await(refused);
                return new LaunchedProcess(1, record("web", ProcessCalls.getpid(), 0), Optional.empty());
            });
            Future<LaunchedProcess> started = other.submit(first);
            await(starting);
            assertThrows(NameRegistry.NameTaken.class, () -> registry.startNamed("web", () -> null));
            refused.countDown();
            assertEquals("web", started.get(10, TimeUnit.SECONDS).record().name());
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        } finally {
            refused.countDown();
            other.shutdownNow();
        }
        assertEquals(List.of(".lock", "web.json"), FileCalls.list(path()));
    }

    @Test
    void a_failed_start_leaves_the_name_free() {
        assertThrows(IllegalStateException.class, () -> registry.startNamed("web", () -> {
            throw new IllegalStateException();
        }));
        assertEquals(List.of(), FileCalls.list(path()));
    }

    @Test
    void only_the_process_that_it_is_of_removes_a_record() {
        LaunchRecord record = record("web", ProcessCalls.getpid(), 0);
        registry.put(record);
        registry.remove(record("web", ProcessCalls.getpid(), 1));
        assertTrue(registry.find("web").isPresent());
        registry.remove(record);
        assertEquals(Optional.empty(), registry.find("web"));
    }

    @Test
    void a_directory_that_others_can_use_is_not_trusted() {
        FileCalls.mkdir(path(), 0700);
        FileCalls.chmod(path(), 0755);
        NameRegistry.Unavailable e =
                assertThrows(NameRegistry.Unavailable.class, () -> registry.put(record("web", ProcessCalls.getpid(), 0)));
        assertTrue(e.getMessage().endsWith("with mode 0755"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"web, true", "web-1.x_y, true", "-x, false", "a/b, false", "..., false", "pid-12, false", "pid-x, true", "'', false"})
    void names_are_simple(String name, boolean valid) {
        assertEquals(valid, NameRegistry.isName(name));
    }

    @Test
    void root_and_others_have_their_own_places() {
        Map<String, String> session = Map.of("XDG_RUNTIME_DIR", "/run/user/7");
        assertEquals(Optional.of("/run/thaw"), NameRegistry.defaultDirectory(name -> Optional.ofNullable(session.get(name)), 0));
        assertEquals(Optional.of("/run/user/7/thaw"), NameRegistry.defaultDirectory(name -> Optional.ofNullable(session.get(name)), 7));
        assertEquals(Optional.empty(), NameRegistry.defaultDirectory(name -> Optional.empty(), 7));
        assertEquals(Optional.of("/x"), NameRegistry.defaultDirectory(name -> Optional.of("/x").filter(x -> name.startsWith("THAW_")), 0));
    }

    private String path() {
        return temporary.resolve("names").toString();
    }

    private static LaunchRecord record(String name, int pid, long lateTicks) {
        return new LaunchRecord(1, name, pid, startTicks() + lateTicks, bootId(), "2026-01-01T00:00:00Z", List.of("app"), "/bin/app", "/",
                SessionPolicy.NEW, List.of());
    }

    private static long startTicks() {
        return ProcessStat.read(ProcessCalls.getpid()).orElseThrow().startTicks();
    }

    private static String bootId() {
        return new String(FileCalls.readAll("/proc/sys/kernel/random/boot_id"), UTF_8).strip();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
