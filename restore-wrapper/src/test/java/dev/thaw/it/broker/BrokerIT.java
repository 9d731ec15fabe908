package dev.thaw.it.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands of {@code thaw broker}, as users type them. */
@IntegrationTest
class BrokerIT {
    private static ThawProcess.Result thaw(Scratch scratch, ServedBroker broker, String verb, String... words) {
        String[] arguments = new String[words.length + 4];
        System.arraycopy(new String[] {"broker", verb, "--socket", broker.socket()}, 0, arguments, 0, 4);
        System.arraycopy(words, 0, arguments, 4, words.length);
        return ThawProcess.run(scratch, arguments);
    }

    @Test
    void what_is_stored_is_listed_retrieved_by_a_command_and_deleted(Scratch scratch) {
        String file = scratch.file("file", "content");
        try (ServedBroker broker = ServedBroker.start(scratch, "--folder", scratch.path()); OwnedFd open = FileCalls.open(file, OpenFlags.O_RDONLY)) {
            ThawProcess.in(scratch).descriptor(7, open.number())
                    .run("broker", "store", "file:x", "--fd", "7", "--expire", "1h", "--socket", broker.socket()).expect(0);
            thaw(scratch, broker, "store", "pipe:x", "--pipe").expect(0);

            JsonObject listed = JsonParser.parseString(thaw(scratch, broker, "list", "--json").expect(0).out()).getAsJsonObject();
            assertEquals(List.of("file:x", "pipe:x:read", "pipe:x:write"), listed.getAsJsonArray("descriptors").asList().stream()
                    .map(entry -> entry.getAsJsonObject().get("name").getAsString()).toList());
            JsonObject entry = listed.getAsJsonArray("descriptors").get(0).getAsJsonObject();
            assertEquals("file read " + file.substring(1), entry.get("kind").getAsString() + " " + entry.get("access").getAsString() + " "
                    + entry.get("key").getAsString());
            assertTrue(entry.has("expires"));

            thaw(scratch, broker, "retrieve", "file:x", "pipe:x:write", "--", "/bin/bash", "-c",
                    "echo $LISTEN_FDS $LISTEN_FDNAMES; [[ $LISTEN_PID == $$ ]] && cat <&3; echo said >&4; exit 7").expect(7)
                    .expectOut("2 file-x:pipe-x-write\ncontent");
            try (BrokerClient client = broker.client(); OwnedFd reader = client.retrieve(new FdName("pipe:x:read"))) {
                assertEquals("said\n", Bytes.readUntil(reader.number(), "\n"));
            }
            thaw(scratch, broker, "store", "log", "--open", scratch.path("log:append")).expect(0);
            thaw(scratch, broker, "store", "passwd", "--open", "/etc/passwd:ro").expect(123).expectErr("is not below a folder that may be opened from");
            thaw(scratch, broker, "retrieve", "log", "--", "/bin/sh", "-c", "echo logged >&3").expect(0);
            assertEquals("logged\n", scratch.read("log"));
            thaw(scratch, broker, "delete", "file:x", "pipe:x:read", "log").expect(0);
            thaw(scratch, broker, "retrieve", "file:x", "--", "true").expect(123).expectErr("nothing is kept under 'file:x'");
            broker.end().expectErr("the broker ends, and with it 1 descriptors that it kept");
            thaw(scratch, broker, "list").expect(123).expectErr("no broker answers at " + broker.socket())
                    .expectErr("try: start one: thaw broker serve");
        }
    }

    @Test
    void a_listener_takes_connections_before_anybody_has_retrieved_it(Scratch scratch) {
        try (ServedBroker broker = ServedBroker.start(scratch);
                OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            thaw(scratch, broker, "store", "listener:u", "--listen", "unix:" + scratch.path("u")).expect(0);
            SocketCalls.connectUnix(client.number(), scratch.path("u"));
            SocketCalls.send(client.number(), "hello\n".getBytes(), 0, 6);
            thaw(scratch, broker, "retrieve", "--at", "6", "listener:u", "--", Checkout.python(), "-c",
                    "import socket; c, _ = socket.socket(fileno=6).accept(); print(c.recv(100)); c.sendall(b'bye')").expect(0).expectOut("hello");
            assertEquals("bye", Bytes.readUntil(client.number(), "bye"));

            thaw(scratch, broker, "store", "listener:t", "--listen", "tcp:[::1]:0").expect(0);
            thaw(scratch, broker, "store", "listener:v", "--listen", "unix:" + scratch.path("u")).expect(123).expectErr("EADDRINUSE");
            thaw(scratch, broker, "store", "listener:u", "--listen", "unix:" + scratch.path("v")).expect(123).expectErr("named 'listener:u' already");
            assertFalse(FileCalls.lstatIfExists(scratch.path("v")).isPresent(), "what could not be kept leaves no path behind");
        }
    }

    @Test
    void what_was_retrieved_can_be_passed_on(Scratch scratch) {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_STREAM);
        try (ServedBroker broker = ServedBroker.start(scratch); OwnedFd near = pair[0]; OwnedFd far = pair[1]) {
            thaw(scratch, broker, "store", "pipe:x", "--pipe").expect(0);
            ThawProcess.in(scratch).descriptor(9, far.number())
                    .run("broker", "retrieve", "--socket", broker.socket(), "--send-to", "9", "pipe:x:read", "pipe:x:write").expect(0);
            try (SocketCalls.Received received = SocketCalls.receiveWithFds(near.number(), 100, 3)) {
                assertEquals("pipe:x:read\npipe:x:write\n", new String(received.payload()));
                Bytes.write(received.fds().get(1).number(), "through\n");
                assertEquals("through\n", Bytes.readUntil(received.fds().get(0).number(), "\n"));
            }
        }
    }

    @Test
    void mistakes_on_the_command_line_are_said_with_the_command_that_they_are_of(Scratch scratch) {
        ThawProcess.run(scratch, "broker", "stor").expect(2).expectErr("thaw: broker: there is no command 'stor'").expectErr("try: thaw broker store");
        ThawProcess.run(scratch, "broker", "store", "a").expect(2).expectErr("thaw: broker store: ").expectErr("try: thaw broker store --help");
        ThawProcess.run(scratch, "broker", "retrieve", "a").expect(2).expectErr("no COMMAND is given");
        ThawProcess.run(scratch, "broker", "serve", "--socket", scratch.path("s"), "--max-descriptors", "2000000000").expect(2).expectErr("RLIMIT_NOFILE");
        ThawProcess.run(scratch, "broker", "serve", "--socket", scratch.path("s"), "--policy", scratch.file("p", "uid: 1\n")).expect(2)
                .expectErr(scratch.path("p") + ":1: the rule has no 'action: allow' or 'action: deny'");
    }

    @Test
    void a_successor_takes_over_and_no_client_notices(Scratch scratch) {
        try (ServedBroker first = ServedBroker.start(scratch); BrokerClient client = first.client()) {
            client.store(new FdName("a"), Duration.ZERO, 0);
            ThawProcess.run(scratch, "broker", "serve", "--socket", first.socket()).expect(125).expectErr("try: thaw broker serve --replace");
            try (ServedBroker second = ServedBroker.start(scratch, "--replace")) {
                first.process().awaitEnd().expect(0);
                client.retrieve(new FdName("a")).close();
                client.store(new FdName("b"), Duration.ZERO, 0);
                second.end().expectErr("2 descriptors");
            }
        }
    }

    /** It sees one list with ours, and its descriptors are the same. */
    @Test
    @RequiresTool("python3")
    void a_client_in_another_language_speaks_the_protocol(Scratch scratch) {
        String file = scratch.file("file", "content\n");
        try (ServedBroker broker = ServedBroker.start(scratch); BrokerClient client = broker.client()) {
            assertEquals("", python(scratch, broker, file, "store", "file:x"));
            assertEquals("file:x", client.list().get(0).name().text());
            assertEquals("content\n", python(scratch, broker, file, "retrieve", "file:x"));
            for (int i = 0; i < 400; i++) {
                client.store(new FdName("n" + "x".repeat(100) + i), Duration.ZERO, 0);
            }
            String listed = python(scratch, broker, file, "list");
            assertEquals(401, listed.lines().count(), "more than one packet has");
            assertTrue(listed.startsWith("file:x file " + file.substring(1) + " 0 "), listed.substring(0, 100));
            assertEquals("", python(scratch, broker, file, "delete", "file:x"));
            assertEquals(400, client.list().size());
            assertTrue(python(scratch, broker, file, "delete", "file:x").contains("Refused: nothing is kept under 'file:x'"));
        }
    }

    /** What it printed, on either stream. */
    private static String python(Scratch scratch, ServedBroker broker, String stdin, String... words) {
        String[] argv = new String[words.length + 3];
        System.arraycopy(new String[] {Checkout.python(), Checkout.sample("broker-client/fdbroker.py"), broker.socket()}, 0, argv, 0, 3);
        System.arraycopy(words, 0, argv, 3, words.length);
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC); OwnedFd in = FileCalls.open(stdin, OpenFlags.O_RDONLY);
                Program program = Program.with().descriptor(0, in.number()).descriptor(1, out.writer().number())
                        .descriptor(2, out.writer().number()).start(argv)) {
            out.writer().close();
            String said = Bytes.readToEnd(out.reader().number());
            program.awaitEnd();
            return said;
        }
    }
}
