package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many lives of one server, and a client that notices nothing but delays. */
@IntegrationTest
@RequiresCriu
class CyclesIT {
    private static final int CYCLES = 50;
    private static final long BETWEEN_REQUESTS_NANOS = 5_000_000;
    private static final int ANSWER_MILLIS = 30_000;

    /** Does each numbered request once, writes it down, and answers with the last one it has done, also when asked for that one again. */
    private static final String SERVER = """
            import os, socket
            listener = socket.socket(fileno=3)
            done = 0
            while True:
                client = listener.accept()[0]
                try:
                    number = int(client.recv(64))
                    if number == done + 1:
                        done = number
                        os.write(1, b'%d\\n' % number)
                    client.sendall(b'%d\\n' % done)
                except (OSError, ValueError):
                    pass # the client has gone, or the connection with an earlier life
                client.close()
            """;

    @Test
    @Timeout(240)
    void nothing_is_lost_and_nothing_doubled_over_fifty_lives_of_a_server(Scratch scratch) throws InterruptedException {
        try (OwnedFd listener = SocketCalls.listenTcp("127.0.0.1", 0, 16);
                FdCalls.Pipe log = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program server = Program.with().descriptor(1, log.writer().number()).descriptor(3, listener.number()).nullStreams()
                        .start(Checkout.python(), "-I", "-S", "-u", "-c", SERVER)) {
            try (Client client = new Client(SocketCalls.localPort(listener.number())); Reader reader = new Reader(log.reader().number())) {
                for (int cycle = 0; cycle < CYCLES; cycle++) {
                    client.awaitMore();
                    Dumps.of(scratch, server).tcp(Tcp.CLOSE).criuOptions("--skip-in-flight").run();
                    server.awaitGone();
                    Restores.of(scratch).give("fd:1", log.writer().number()).give("fd:3", listener.number()).run();
                }
                client.awaitMore();
                int answered = client.stop();
                reader.await(answered);
                List<String> expected = IntStream.rangeClosed(1, answered).mapToObj(Integer::toString).toList();
                assertEquals(expected, reader.lines(), "each request was done once, in its order");
                assertTrue(answered > CYCLES, answered + " answers");
            }
        }
    }

    /** Sends numbered requests, one after the other; one that gets no answer is sent again. */
    private static final class Client implements AutoCloseable {
        private final int port;
        private final AtomicInteger answered = new AtomicInteger();
        private final Thread thread = new Thread(this::run, "client");
        private volatile boolean stopped;
        private volatile String wrong = "";

        Client(int port) {
            this.port = port;
            thread.start();
        }

        private void run() {
            while (!stopped && wrong.isEmpty()) {
                int number = answered.get() + 1;
                String answer = ask(number);
                if (answer.equals(number + "\n")) {
                    answered.set(number);
                } else if (!answer.isEmpty()) {
                    wrong = "answer to " + number + ": " + answer;
                }
                LockSupport.parkNanos(BETWEEN_REQUESTS_NANOS);
            }
        }

        /** @return empty when the connection ended without an answer */
        private String ask(int number) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(ANSWER_MILLIS);
                socket.getOutputStream().write((number + "\n").getBytes(StandardCharsets.US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            } catch (IOException reset) {
                return "";
            }
        }

        /** Until the server, in the life it is in now, has answered. */
        void awaitMore() {
            int before = answered.get();
            Await.until("another answer", () -> answered.get() > before + 1 || !wrong.isEmpty());
            assertEquals("", wrong);
        }

        int stop() throws InterruptedException {
            stopped = true;
            thread.join();
            assertEquals("", wrong);
            return answered.get();
        }

        @Override
        public void close() {
            stopped = true;
        }
    }

    /** Takes everything out of the server's log as it comes. */
    private static final class Reader implements AutoCloseable {
        private final int fd;
        private final StringBuffer text = new StringBuffer();
        private final Thread thread = new Thread(this::run, "log reader");
        private volatile boolean stopped;

        Reader(int fd) {
            this.fd = fd;
            thread.start();
        }

        private void run() {
            byte[] some = new byte[4096];
            while (!stopped) {
                if (FdCalls.poll(new int[] {fd}, FdCalls.POLLIN, 100)[0] != 0) {
                    int count = FileCalls.read(fd, some, 0, some.length);
                    text.append(new String(some, 0, count, StandardCharsets.US_ASCII));
                }
            }
        }

        List<String> lines() {
            return text.toString().lines().toList();
        }

        void await(int last) {
            Await.until("line " + last, () -> text.toString().endsWith(last + "\n"));
        }

        @Override
        public void close() {
            stopped = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
