package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Javas;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The units of samples/services, each as it stands there, with the real servers: cold, checkpointed by systemctl stop, restored, asked again. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"systemctl", "journalctl", "nsenter", "unshare", "redis-server", "redis-cli", "nginx", "pg_createcluster"})
@Timeout(240)
class ServicesIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final List<String> UNITS = List.of("thaw-redis.service", "thaw-nginx.service", "python-web.service", "java-web@.service",
            "thaw-postgresql@.service");

    @Test
    void real_servers_go_on_at_the_next_start_with_all_they_had_in_memory(Scratch scratch) throws IOException {
        List<String> services = new ArrayList<>(List.of("thaw-redis", "thaw-nginx", "python-web"));
        try (SystemdMachine machine = machine(scratch)) {
            Map<String, Path> javas = Javas.installed();
            javas.forEach((version, home) -> {
                machine.run("ln", "-s", home.toString(), "/usr/local/lib/java-" + version);
                services.add("java-web@" + version);
            });
            start(machine, services);
            machine.run("redis-cli", "-p", "17410", "set", "colour", "green");
            String worker = get(machine, 17411, "/");
            assertTrue(worker.matches("worker \\d+"), worker);
            get(machine, 17412, "/");
            javas.keySet().forEach(version -> assertEquals("request 1", get(machine, 17400 + Integer.parseInt(version), "/")));

            List<String> line = new ArrayList<>(List.of("systemctl", "stop"));
            line.addAll(services);
            machine.run(line.toArray(String[]::new));
            services.forEach(service -> assertEquals("inactive", machine.property(service, "ActiveState"), machine::journal));
            start(machine, services);

            assertEquals("green", machine.run("redis-cli", "-p", "17410", "get", "colour").strip(), "nothing was saved to disk");
            List<String> workers = machine.run("pgrep", "-f", "nginx: worker process").lines().toList();
            assertTrue(workers.contains(worker.substring("worker ".length())), "the worker has the pid it had: " + workers);
            assertTrue(workers.contains(get(machine, 17411, "/").substring("worker ".length())));
            javas.keySet().forEach(version -> assertEquals("request 2", get(machine, 17400 + Integer.parseInt(version), "/"), "it counts on"));

            // Output of the second life, in the journal of the unit.
            awaitJournal(machine, "thaw-redis", "cmd=get ");
            get(machine, 17411, "/missing");
            awaitJournal(machine, "thaw-nginx", "No such file or directory");
            get(machine, 17412, "/second-life");
            awaitJournal(machine, "python-web", "second-life");
            for (String version : javas.keySet()) {
                machine.run("pkill", "-QUIT", "-f", "HttpServer 174" + version + "$");
                awaitJournal(machine, "java-web@" + version, "Full thread dump");
            }
        }
    }

    @Test
    void postgresql_goes_on_once_from_each_checkpoint_and_recovers_by_itself_from_a_crash(Scratch scratch) throws IOException {
        Path bin = postgres();
        String version = bin.getParent().getFileName().toString();
        String service = "thaw-postgresql@" + version;
        try (SystemdMachine machine = machine(scratch)) {
            start(machine, List.of(service));
            sql(machine, bin, "create table seen (n int); insert into seen values (1)");
            String began = sql(machine, bin, "select pg_postmaster_start_time()");
            machine.run("systemctl", "stop", service);
            assertEquals("inactive", machine.property(service, "ActiveState"), machine::journal);

            start(machine, List.of(service));
            assertEquals("1", sql(machine, bin, "select n from seen"));
            assertEquals(began, sql(machine, bin, "select pg_postmaster_start_time()"), "restored, not started");
            sql(machine, bin, "insert into seen values (2)");
            assertTrue(sql(machine, bin, "select count(*) from no_such_table").contains("does not exist"));
            awaitJournal(machine, service, "no_such_table");

            machine.run("pkill", "-KILL", "-o", "-u", "postgres");
            Await.value(() -> "a start anew" + machine.journal(), LIMIT, () -> machine.property(service, "NRestarts").equals("1")
                    && machine.property(service, "ActiveState").equals("active") ? Optional.of(true) : Optional.empty());
            assertEquals("1\n2", sql(machine, bin, "select n from seen order by n"), "what was written after the checkpoint is not lost");
            assertNotEquals(began, sql(machine, bin, "select pg_postmaster_start_time()"));

            machine.run("systemctl", "restart", service);
            assertEquals("1\n2", sql(machine, bin, "select n from seen order by n"));
            machine.run("systemctl", "stop", service);
            assertEquals("inactive", machine.property(service, "ActiveState"), machine::journal);
        }
    }

    /** The directory with the programs of the newest one. */
    private static Path postgres() throws IOException {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin")).filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                    .max(Comparator.comparing((Path bin) -> Integer.parseInt(bin.getParent().getFileName().toString()))).orElseThrow();
        }
    }

    /** @return what psql says: rows, or an error */
    private static String sql(SystemdMachine machine, Path bin, String statement) {
        return machine.attempt("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", bin + "/psql", "-h",
                "/run/thaw-postgresql-" + bin.getParent().getFileName(), "-p", "17413", "-d", "postgres", "-Atc", statement).text().strip();
    }

    private static void start(SystemdMachine machine, List<String> services) {
        List<String> line = new ArrayList<>(List.of("systemctl", "start"));
        line.addAll(services);
        machine.run(line.toArray(String[]::new));
        for (String service : services) {
            assertEquals("active", machine.property(service, "ActiveState"));
            assertTrue(machine.property(service, "StatusText").matches("pid \\d+ is up"), service);
        }
    }

    private static void awaitJournal(SystemdMachine machine, String unit, String text) {
        Await.value(() -> "'" + text + "' of " + unit + machine.journal(), LIMIT,
                () -> machine.journalOf(unit).contains(text) ? Optional.of(true) : Optional.empty());
    }

    /** The last line of the answer. */
    private static String get(SystemdMachine machine, int port, String path) {
        return machine.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + port + "; printf 'GET " + path
                + " HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3").strip();
    }

    private static SystemdMachine machine(Scratch scratch) throws IOException {
        Map<String, String> units = new TreeMap<>();
        for (String name : UNITS) {
            units.put(name, Files.readString(Path.of(Checkout.sample("services/" + name))));
        }
        String classes = scratch.directory("classes");
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "17", "-d", classes,
                Checkout.sample("http-server/HttpServer.java")));
        Path thaw = Path.of(scratch.file("thaw", "#!/bin/bash\nexport THAW_NO_BUILD=1\nexec '" + Checkout.root() + "/thaw' \"$@\"\n"));
        SystemdMachine machine = SystemdMachine.boot(scratch, units);
        machine.run("install", "-m", "755", thaw.toString(), "/usr/local/bin/thaw");
        machine.run("install", "-m", "644", Checkout.sample("services/nginx.conf"), "/etc/thaw-nginx.conf");
        machine.run("cp", "-r", classes, "/usr/local/lib/http-server");
        return machine;
    }
}
