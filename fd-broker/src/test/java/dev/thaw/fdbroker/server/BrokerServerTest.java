package dev.thaw.fdbroker.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.NoLeaks;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerRequest;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class BrokerServerTest {
    private static final FdName A = new FdName("pipe:a");

    @TempDir
    Path directory;

    private String socket() {
        return directory.resolve("broker.sock").toString();
    }

    private static Reason refused(Runnable request) {
        return assertThrows(BrokerException.Refused.class, request::run).refusal().reason();
    }

    /** Descriptors of this process whose link is this, as /proc tells. */
    private static long count(String link) {
        return ProcessTable.descriptors(ProcessCalls.getpid()).stream().filter(fd -> {
            try {
                return ProcessTable.link(ProcessCalls.getpid(), fd).equals(link);
            } catch (LinuxException closedMeanwhile) {
                return false;
            }
        }).count();
    }

    private static void awaitCount(String link, long wanted) {
        long end = System.nanoTime() + RunningBroker.LIMIT.toNanos();
        while (count(link) != wanted) {
            assertTrue(System.nanoTime() < end, count(link) + " descriptors of " + link + ", not " + wanted);
            Thread.onSpinWait();
        }
    }

    private static BrokerReply ask(OwnedFd raw, byte[] packet, int... fds) {
        SocketCalls.sendWithFds(raw.number(), packet, fds);
        return reply(raw);
    }

    private static BrokerReply reply(OwnedFd raw) {
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(raw.number(), BrokerCodec.MAX_PACKET_BYTES, 253)) {
            return BrokerCodec.decodeReply(received.payload());
        }
    }

    private static Reason reasonOf(BrokerReply reply) {
        return ((BrokerReply.Refused) reply).refusal().reason();
    }

    /** Whether the broker has hung up. */
    private static boolean isOver(OwnedFd raw) {
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(raw.number(), 100, 0)) {
            return received.endOfStream();
        } catch (LinuxException e) {
            return e.is(Errno.ECONNRESET) || e.is(Errno.EPIPE);
        }
    }

    @Test
    void what_comes_back_is_the_same_open_file_description() {
        FileCalls.writeFile(directory.resolve("file").toString(), "0123456789".getBytes(), 0600);
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client();
                OwnedFd fd = FileCalls.open(directory.resolve("file").toString(), OpenFlags.O_RDONLY)) {
            client.store(A, Duration.ZERO, fd.number());
            FileCalls.lseek(fd.number(), 7, FileCalls.SEEK_SET);
            try (OwnedFd again = client.retrieve(A)) {
                assertEquals(7, FileCalls.lseek(again.number(), 0, FileCalls.SEEK_CUR));
                assertEquals(0, ProcessCalls.kcmpFile(ProcessCalls.getpid(), fd.number(), ProcessCalls.getpid(), again.number()));
                assertTrue(FdCalls.isCloseOnExec(again.number()));
            }
            client.retrieve(A).close();
        }
    }

    @Test
    void the_listing_says_what_each_is_and_who_stored_it() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client(); FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            client.store(List.of(new Deposit(A.readEnd(), Duration.ZERO), new Deposit(A.writeEnd(), Duration.ofHours(1))),
                    new int[] {pipe.reader().number(), pipe.writer().number()});
            List<Holding> holdings = client.list();
            assertEquals(List.of("pipe:a:read", "pipe:a:write"), holdings.stream().map(holding -> holding.name().text()).toList());
            Holding writer = holdings.get(1);
            assertEquals("pipe", writer.kind());
            assertEquals("pipe:[" + FileCalls.fstat(pipe.writer().number()).inode() + "]", writer.key());
            assertEquals(OpenFlags.O_WRONLY, writer.flags());
            assertEquals(ProcessCalls.geteuid(), writer.uid());
            assertEquals(ProcessCalls.getpid(), writer.pid());
            assertEquals(Optional.of(writer.storedAt().plus(Duration.ofHours(1))), writer.expiresAt());
        }
    }

    @Test
    void more_than_one_message_can_carry_travel_in_several() {
        List<Deposit> deposits = IntStream.range(0, 600).mapToObj(i -> new Deposit(new FdName("null:%03d".formatted(i)), Duration.ZERO)).toList();
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client();
                OwnedFd fd = FileCalls.open(directory.toString(), OpenFlags.O_RDONLY)) {
            int[] fds = new int[600];
            java.util.Arrays.fill(fds, fd.number());
            client.store(deposits, fds);
            awaitCount(directory.toString(), 601);
            List<OwnedFd> back = client.retrieve(deposits.stream().map(Deposit::name).toList());
            assertEquals(600, back.size());
            back.forEach(OwnedFd::close);
            assertEquals(600, client.list().size());
            client.delete(deposits.stream().map(Deposit::name).toList());
            awaitCount(directory.toString(), 1);
        }
    }

    @Test
    void a_long_listing_comes_in_pages() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client()) {
            List<Deposit> deposits = IntStream.range(0, 500).mapToObj(i -> new Deposit(new FdName("x".repeat(240) + i), Duration.ZERO)).toList();
            client.store(deposits, new int[500]);
            assertEquals(deposits.stream().map(deposit -> deposit.name().text()).sorted().toList(),
                    client.list().stream().map(holding -> holding.name().text()).toList());
        }
    }

    @Test
    void all_of_a_packet_is_done_or_nothing() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client()) {
            client.store(A, Duration.ZERO, 0);
            List<Deposit> two = List.of(new Deposit(new FdName("b"), Duration.ZERO), new Deposit(A, Duration.ZERO));
            assertEquals(Reason.NAME_TAKEN, refused(() -> client.store(two, new int[] {0, 0})));
            assertEquals(Reason.NO_SUCH_NAME, refused(() -> client.delete(List.of(A, new FdName("b")))));
            assertEquals(Reason.NO_SUCH_NAME, refused(() -> client.retrieve(List.of(A, new FdName("b")))));
            assertEquals(1, client.list().size());
        }
    }

    @Test
    void what_has_expired_is_closed() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client();
                OwnedFd fd = FileCalls.open(directory.toString(), OpenFlags.O_RDONLY)) {
            client.store(A, Duration.ofMillis(50), fd.number());
            awaitCount(directory.toString(), 1);
            assertEquals(Reason.NO_SUCH_NAME, refused(() -> client.retrieve(A)));
        }
    }

    @Test
    void garbage_is_refused_with_the_reason_and_costs_nobody_else_anything() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client();
                OwnedFd fd = FileCalls.open(directory.toString(), OpenFlags.O_RDONLY)) {
            Random random = new Random(1);
            for (int i = 0; i < 200; i++) {
                byte[] garbage = new byte[1 + random.nextInt(300)];
                random.nextBytes(garbage);
                garbage[0] = 77;
                try (OwnedFd hostile = broker.raw()) {
                    int[] fds = new int[random.nextInt(20)];
                    java.util.Arrays.fill(fds, fd.number());
                    assertEquals(Reason.VERSION, reasonOf(ask(hostile, garbage, fds)));
                    assertTrue(isOver(hostile));
                }
            }
            awaitCount(directory.toString(), 1);
            client.store(A, Duration.ZERO, 0);
            assertEquals(1, client.list().size());
        }
    }

    @Test
    void half_a_packet_one_too_long_and_an_empty_one_are_refused() {
        byte[] store = BrokerCodec.encode(new BrokerRequest.Store(List.of(new Deposit(A, Duration.ZERO))));
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client()) {
            try (OwnedFd hostile = broker.raw()) {
                assertEquals(Reason.MALFORMED, reasonOf(ask(hostile, java.util.Arrays.copyOf(store, store.length - 1), 0)));
                assertTrue(isOver(hostile));
            }
            try (OwnedFd hostile = broker.raw()) {
                assertEquals(Reason.MALFORMED, reasonOf(ask(hostile, new byte[BrokerCodec.MAX_PACKET_BYTES + 1])));
            }
            try (OwnedFd hostile = broker.raw()) {
                SocketCalls.sendWithFds(hostile.number(), new byte[0]);
                assertTrue(isOver(hostile));
            }
            assertEquals(List.of(), client.list());
        }
    }

    @Test
    void surplus_and_missing_descriptors_are_refused_and_closed() {
        byte[] store = BrokerCodec.encode(new BrokerRequest.Store(List.of(new Deposit(A, Duration.ZERO))));
        byte[] list = BrokerCodec.encode(new BrokerRequest.ListAfter(Optional.empty()));
        try (RunningBroker broker = RunningBroker.at(socket()); OwnedFd hostile = broker.raw();
                OwnedFd fd = FileCalls.open(directory.toString(), OpenFlags.O_RDONLY)) {
            int[] many = new int[253];
            java.util.Arrays.fill(many, fd.number());
            assertEquals(Reason.DESCRIPTORS, reasonOf(ask(hostile, store, many)));
            assertEquals(Reason.DESCRIPTORS, reasonOf(ask(hostile, store)));
            assertEquals(Reason.DESCRIPTORS, reasonOf(ask(hostile, list, fd.number())));
            awaitCount(directory.toString(), 1);
            assertEquals(new BrokerReply.Listing(List.of(), false), ask(hostile, list));
        }
    }

    @Test
    void one_who_floods_and_never_reads_is_disconnected_and_others_are_served_meanwhile() {
        Limits limits = RunningBroker.LIMITS.withTimes(Duration.ofSeconds(20), Duration.ofMillis(300), Duration.ofSeconds(1));
        byte[] list = BrokerCodec.encode(new BrokerRequest.ListAfter(Optional.empty()));
        try (RunningBroker broker = RunningBroker.at(socket(), limits); OwnedFd hostile = broker.raw(); BrokerClient client = broker.client()) {
            FdCalls.setFlags(hostile.number(), FdCalls.getFlags(hostile.number()) | OpenFlags.O_NONBLOCK);
            int sent = 0;
            Optional<LinuxException> end = Optional.empty();
            while (end.isEmpty()) {
                try {
                    SocketCalls.sendWithFds(hostile.number(), list);
                    sent++;
                } catch (LinuxException e) {
                    end = e.is(Errno.EAGAIN) ? Optional.empty() : Optional.of(e);
                    client.list();
                }
            }
            assertTrue(end.get().is(Errno.EPIPE) || end.get().is(Errno.ECONNRESET), end.get().getMessage());
            assertTrue(sent < 10_000, "the kernel's buffer bounds what one can have under way: " + sent);
            client.store(A, Duration.ZERO, 0);
        }
    }

    @Test
    void descriptors_that_nobody_reads_are_bounded_for_a_user() {
        try (RunningBroker broker = RunningBroker.at(socket()); BrokerClient client = broker.client()) {
            client.store(IntStream.range(0, 253).mapToObj(i -> new Deposit(new FdName("n" + i), Duration.ZERO)).toList(), new int[253]);
            byte[] retrieve = BrokerCodec.encode(new BrokerRequest.Retrieve(IntStream.range(0, 253).mapToObj(i -> new FdName("n" + i)).toList()));
            List<OwnedFd> hostile = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                hostile.add(broker.raw());
                SocketCalls.sendWithFds(hostile.get(i).number(), retrieve);
                FdCalls.poll(new int[] {hostile.get(i).number()}, FdCalls.POLLIN, RunningBroker.LIMIT.toMillis());
            }
            assertEquals(Reason.UNREAD, reasonOf(reply(hostile.get(8))), "8 times 253 fit below 2048, a ninth does not");
            hostile.forEach(OwnedFd::close);
        }
    }

    @Test
    void a_silent_client_is_told_and_disconnected() {
        Limits limits = RunningBroker.LIMITS.withTimes(Duration.ofMillis(100), Duration.ofMillis(100), Duration.ofSeconds(1));
        try (RunningBroker broker = RunningBroker.at(socket(), limits); OwnedFd silent = broker.raw()) {
            assertEquals(Reason.IDLE, reasonOf(reply(silent)));
            assertTrue(isOver(silent));
        }
    }

    @Test
    void connections_are_limited_for_one_user_and_the_refused_one_is_told() {
        List<OwnedFd> open = new ArrayList<>();
        try (RunningBroker broker = RunningBroker.at(socket())) {
            for (int i = 0; i < 20; i++) {
                open.add(broker.raw());
            }
            try (OwnedFd surplus = broker.raw()) {
                BrokerReply.Refused refused = (BrokerReply.Refused) reply(surplus);
                assertEquals(Reason.CONNECTIONS, refused.refusal().reason());
                assertTrue(refused.refusal().why().startsWith("there are 20 connections, 20 of them by user "), refused.refusal().why());
                assertTrue(isOver(surplus));
            }
            open.remove(0).close();
            try (BrokerClient client = retryingClient(broker)) {
                assertEquals(List.of(), client.list());
            }
        } finally {
            open.forEach(OwnedFd::close);
        }
    }

    /** The broker learns of a closed connection in its own time. */
    private static BrokerClient retryingClient(RunningBroker broker) {
        long end = System.nanoTime() + RunningBroker.LIMIT.toNanos();
        while (true) {
            BrokerClient client = broker.client();
            try {
                client.list();
                return client;
            } catch (BrokerException e) {
                client.close();
                assertTrue(System.nanoTime() < end, e.why());
            }
        }
    }

    @Test
    void more_than_the_limit_of_descriptors_is_refused() {
        try (RunningBroker broker = RunningBroker.at(socket(), RunningBroker.LIMITS.withDescriptors(3, 1)); BrokerClient client = broker.client()) {
            List<Deposit> four = Collections.nCopies(4, 0).stream().map(i -> new Deposit(new FdName("n" + Math.random()), Duration.ZERO)).toList();
            assertEquals(Reason.FULL, refused(() -> client.store(four, new int[4])));
            storeWhenClosed(client, four.subList(0, 3));
            assertEquals(Reason.FULL, refused(() -> client.store(four.subList(3, 4), new int[1])));
        }
    }

    /** What came with a request that was refused counts until it is closed, which the broker does in its own time. */
    private static void storeWhenClosed(BrokerClient client, List<Deposit> deposits) {
        long end = System.nanoTime() + RunningBroker.LIMIT.toNanos();
        while (true) {
            try {
                client.store(deposits, new int[deposits.size()]);
                return;
            } catch (BrokerException e) {
                assertTrue(System.nanoTime() < end, e.why());
            }
        }
    }

    @Test
    void a_broker_that_stops_answers_what_has_come_by_then() {
        try (RunningBroker broker = RunningBroker.at(socket()); OwnedFd raw = broker.raw()) {
            ask(raw, BrokerCodec.encode(new BrokerRequest.ListAfter(Optional.empty())));
            SocketCalls.sendWithFds(raw.number(), BrokerCodec.encode(new BrokerRequest.ListAfter(Optional.empty())));
            broker.stop();
            assertEquals(new BrokerReply.Listing(List.of(), false), reply(raw));
            assertEquals(BrokerServer.End.STOPPED, broker.awaitEnd());
        }
        assertEquals(Optional.empty(), FileCalls.lstatIfExists(socket()));
    }

    @Test
    void a_second_broker_does_not_get_the_place_of_the_first() {
        try (RunningBroker broker = RunningBroker.at(socket())) {
            assertEquals(Optional.empty(), SocketPlace.claim(socket()));
            broker.client().close();
        }
        RunningBroker.at(socket()).close();
    }

    @Test
    void something_else_at_the_place_of_the_socket_is_not_removed() {
        FileCalls.writeFile(socket(), "mine".getBytes(), 0600);
        try (SocketPlace place = SocketPlace.claim(socket()).orElseThrow()) {
            assertTrue(assertThrows(LinuxException.class, () -> place.listen(0600)).is(Errno.EADDRINUSE));
        }
        assertEquals("mine", new String(FileCalls.readAll(socket())));
    }
}
