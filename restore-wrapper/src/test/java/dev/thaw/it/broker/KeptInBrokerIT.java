package dev.thaw.it.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Restores;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.launcher.Deposited;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the broker keeps of an application that is checkpointed: those who write and connect wait, and nothing of theirs is lost. */
@IntegrationTest
@RequiresCriu
@Timeout(120)
class KeptInBrokerIT {
    private static final int CYCLES = 20;

    /** Gives each connection at descriptor 3 the next number. As long as there is a file "pause" it accepts none, and says so in "paused". */
    private static final String SERVER = """
            import os, select, socket, sys, time
            os.chdir(sys.argv[1])
            listener, poll, answers = socket.socket(fileno=3), select.poll(), 0
            poll.register(3, select.POLLIN)
            while True:
                while os.path.exists('pause'):
                    open('paused', 'w').close()
                    time.sleep(0.005)
                if poll.poll(20):
                    connection, address = listener.accept()
                    answers += 1
                    connection.sendall(b'%d' % answers)
                    connection.close()
            """;

    /** Copies lines, one at a time, as they come. */
    private static final String COPIER = "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line)\n    sys.stdout.flush()\n";

    private static LaunchRecord record(int pid, Deposited... deposits) {
        return new LaunchRecord(LaunchRecord.FORMAT, "shop", pid, 0, "", "2026-01-01T00:00:00Z", List.of(Checkout.python()), Checkout.python(), "/",
                SessionPolicy.NEW, List.of(), List.of(deposits));
    }

    private static Deposited deposited(String name, int fd, ServedBroker broker) {
        DescriptorDescription description = DescriptorDescription.describe(ProcessCalls.getpid(), fd);
        return new Deposited(name, description.key(), description.flags() & OpenFlags.O_ACCMODE, broker.socket());
    }

    @Test
    void a_tcp_server_is_checkpointed_and_restored_20_times_and_no_connection_is_refused_or_lost(Scratch scratch) throws Exception {
        OwnedFd bound = SocketCalls.listenTcp("127.0.0.1", 0, 100);
        try (OwnedFd listener = bound; ServedBroker broker = ServedBroker.start(scratch, "--idle", "10m"); BrokerClient client = broker.client();
                Program server = Program.with().nullStreams().descriptor(3, listener.number())
                        .start(Checkout.python(), "-c", SERVER, scratch.path())) {
            client.store(new FdName("listener:shop"), Duration.ZERO, listener.number());
            Deposited deposit = deposited("listener:shop", listener.number(), broker);
            int port = SocketCalls.localPort(listener.number());
            bound.close(); // the broker has it, and the server
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger answered = new AtomicInteger();
            List<FutureTask<List<Integer>>> clients = List.of(ask(port, over, answered), ask(port, over, answered));
            for (int cycle = 1; cycle <= CYCLES; cycle++) {
                int before = answered.get();
                awaitMore(clients, answered, before + 10);
                // Without a connection that is open: that one would be lost with the process.
                scratch.file("pause", "");
                Await.until("a pause", () -> FileCalls.lstatIfExists(scratch.path("paused")).isPresent());
                Dumps.of(scratch, server).launched(record(server.pid(), deposit)).run();
                server.awaitGone();
                FileCalls.unlink(scratch.path("paused"));
                FileCalls.unlink(scratch.path("pause"));
                Restores.of(scratch).broker(client).run();
            }
            awaitMore(clients, answered, answered.get() + 10);
            over.set(true);
            List<Integer> numbers = new ArrayList<>();
            for (FutureTask<List<Integer>> one : clients) {
                numbers.addAll(one.get());
            }
            assertEquals(IntStream.rangeClosed(1, numbers.size()).boxed().toList(), numbers.stream().sorted().toList(),
                    "each connection was answered, with a number of its own, and none that was answered was lost");
        }
    }

    private static void awaitMore(List<FutureTask<List<Integer>>> clients, AtomicInteger answered, int wanted) throws Exception {
        Await.until("answer " + wanted, () -> answered.get() >= wanted || clients.stream().anyMatch(FutureTask::isDone));
        for (FutureTask<List<Integer>> one : clients) {
            if (one.isDone()) {
                throw new AssertionError("a client failed after " + answered.get() + " answers: " + one.get());
            }
        }
    }

    /** Connects all the time; ends with an exception when a connection is refused, reset, or gets no number. */
    private static FutureTask<List<Integer>> ask(int port, AtomicBoolean over, AtomicInteger answered) {
        Callable<List<Integer>> work = () -> {
            List<Integer> numbers = new ArrayList<>();
            while (!over.get()) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 30_000);
                    socket.setSoTimeout(30_000);
                    numbers.add(Integer.valueOf(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)));
                    answered.incrementAndGet();
                } catch (IOException e) {
                    throw new ExecutionException("after " + numbers.size() + " answers", e);
                }
            }
            return numbers;
        };
        FutureTask<List<Integer>> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "client");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @Test
    void a_writer_into_a_kept_pipe_writes_on_over_checkpoints_and_each_line_arrives_once_in_order(Scratch scratch) throws Exception {
        scratch.file("out", "");
        try (ServedBroker broker = ServedBroker.start(scratch, "--idle", "10m"); BrokerClient client = broker.client();
                FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC); OwnedFd out = scratch.open("out", OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                Program copier = Program.with().descriptor(0, pipe.reader().number()).descriptor(1, out.number()).nullDescriptor(2)
                        .start(Checkout.python(), "-c", COPIER)) {
            client.store(new FdName("pipe:shop:0"), Duration.ZERO, pipe.reader().number());
            Deposited deposit = deposited("pipe:shop:0", pipe.reader().number(), broker);
            pipe.reader().close();
            AtomicBoolean over = new AtomicBoolean();
            FutureTask<Integer> writer = new FutureTask<>(() -> {
                int line = 0;
                while (!over.get()) {
                    Bytes.write(pipe.writer().number(), "line " + ++line + "\n"); // EPIPE would end it
                }
                return line;
            });
            Thread thread = new Thread(writer, "writer");
            thread.start();
            for (int cycle = 1; cycle <= 5; cycle++) {
                int lines = lines(scratch);
                Await.until("more lines", () -> lines(scratch) > lines + 100 || writer.isDone());
                Dumps.of(scratch, copier).launched(record(copier.pid(), deposit)).run();
                copier.awaitGone();
                Restores.of(scratch).broker(client).run();
            }
            over.set(true);
            // The pipe is full until it is read.
            int last = writer.get();
            Await.until("line " + last, () -> lines(scratch) >= last);
            assertEquals(IntStream.rangeClosed(1, last).mapToObj(line -> "line " + line).toList(), scratch.read("out").lines().toList());
        }
    }

    private static int lines(Scratch scratch) {
        return (int) scratch.read("out").chars().filter(c -> c == '\n').count();
    }

    @Test
    void what_thaw_run_gave_to_the_broker_goes_back_by_itself(Scratch scratch) {
        String runtime = scratch.directory("runtime");
        FileCalls.chmod(runtime, 0700);
        String program = "import os, socket, sys, threading\n"
                + "def serve():\n    l = socket.socket(fileno=3)\n    while True:\n        c, _ = l.accept(); print('connected', flush=True); c.close()\n"
                + "threading.Thread(target=serve, daemon=True).start()\n"
                + "for line in sys.stdin: print('read', line, end='', flush=True)\nos._exit(7)";
        OwnedFd bound = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
        try (OwnedFd listener = bound; ServedBroker broker = ServedBroker.start(scratch); FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            SocketCalls.bindUnix(listener.number(), scratch.path("listener"));
            SocketCalls.listen(listener.number(), 10);
            try (ThawProcess run = thaw(scratch, runtime).descriptor(0, in.reader().number()).descriptor(3, listener.number()).start("run", "--name", "shop",
                    "--broker", broker.socket(), "--keep-in-broker", "--stdin", "inherit", "--stdout", "append:" + scratch.path("out"), "--keep-fd", "3",
                    "--", Checkout.python(), "-c", program)) {
                in.reader().close();
                bound.close();
                Bytes.write(in.writer().number(), "one\n");
                awaitOut(scratch, "read one");
                thaw(scratch, runtime).run("checkpoint", "--name", "shop", scratch.path("image")).expect(0);
                run.awaitEnd().expect(137);
            }
            assertTrue(FileCalls.lstatIfExists(scratch.path("image/current/restore.sh")).isEmpty(), "a compiled plan could not ask the broker");
            // Nobody is there, and nobody is turned away.
            Bytes.write(in.writer().number(), "two\n");
            OwnedFd waiting = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
            SocketCalls.connectUnix(waiting.number(), scratch.path("listener"));
            thaw(scratch, runtime).run("plan", scratch.path("image")).expect(0).expectOut("broker:listener:shop:3").expectOut("broker:pipe:shop:0");
            try (waiting; ThawProcess restore = thaw(scratch, runtime).start("restore", scratch.path("image"))) {
                awaitOut(scratch, "read two");
                awaitOut(scratch, "connected");
                assertEquals("", Bytes.readToEnd(waiting.number()));
                // Of the restored one there is a record too, for the next checkpoint.
                String pid = pid(restore, scratch, runtime);
                thaw(scratch, runtime).run("checkpoint", pid, scratch.path("image")).expect(0);
                restore.awaitEnd().expect(137);
            }
            Bytes.write(in.writer().number(), "three\n");
            // As a user says it, who knows the names.
            try (FdCalls.Pipe status = FdCalls.pipe2(OpenFlags.O_CLOEXEC); ThawProcess restore = thaw(scratch, runtime)
                    .descriptor(5, status.writer().number()).start("restore", "--settle", "0", "--status-fd", "5",
                    "--broker", broker.socket(), "--stdin", "broker:pipe:shop:0", "--map", "fd:3=broker:listener:shop:3", scratch.path("image"))) {
                awaitOut(scratch, "read three");
                Bytes.readUntil(status.reader().number(), "\"event\":\"ready\"");
                in.writer().close();
                restore.awaitEnd().expect(7);
            }
            try (BrokerClient client = broker.client()) {
                assertEquals(List.of(), client.list(), "it has ended by itself");
            }
            assertEquals(List.of("read one", "read three", "read two"), scratch.read("out").lines().filter(line -> !line.equals("connected")).sorted().toList());
            thaw(scratch, runtime).run("restore", scratch.path("image")).expect(123).expectErr("the broker holds no descriptor named 'pipe:shop:0'");
        }
    }

    @Test
    void an_application_that_ends_by_itself_leaves_nothing_at_the_broker(Scratch scratch) {
        String runtime = scratch.directory("runtime");
        FileCalls.chmod(runtime, 0700);
        try (ServedBroker broker = ServedBroker.start(scratch); BrokerClient client = broker.client(); FdCalls.Pipe in = FdCalls.pipe2(0)) {
            thaw(scratch, runtime).descriptor(0, in.reader().number()).run("run", "--name", "shop", "--broker", broker.socket(), "--keep-in-broker",
                    "--stdin", "inherit", "--stdout", "null", "--stderr", "null", "--", "/bin/sh", "-c", "exit 3").expect(3);
            assertEquals(List.of(), client.list());
            ThawProcess.run(scratch, "run", "--keep-in-broker", "--", "true").expect(2).expectErr("--keep-in-broker needs --name");
            client.store(new FdName("pipe:in"), Duration.ZERO, in.reader().number());
            Bytes.write(in.writer().number(), "from the broker\n");
            in.writer().close();
            thaw(scratch, runtime).run("run", "--broker", broker.socket(), "--stdin", "broker:pipe:in", "--", "cat").expect(0).expectOut("from the broker");
            thaw(scratch, runtime).run("run", "--broker", broker.socket(), "--stdin", "broker:nope", "--", "cat").expect(123)
                    .expectErr("nothing is kept under 'nope'");
        }
    }

    private static String pid(ThawProcess restore, Scratch scratch, String runtime) {
        return Await.value(() -> "a record in " + FileCalls.list(runtime), Await.LIMIT, () -> FileCalls.list(runtime).stream()
                .filter(name -> name.matches("pid-[0-9]+[.]json")).map(name -> name.replaceAll("[^0-9]", "")).findFirst());
    }

    private static ThawProcess.Builder thaw(Scratch scratch, String runtime) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", runtime);
    }

    private static void awaitOut(Scratch scratch, String text) {
        Await.until(text, () -> FileCalls.lstatIfExists(scratch.path("out")).isPresent() && scratch.read("out").contains(text));
    }
}
