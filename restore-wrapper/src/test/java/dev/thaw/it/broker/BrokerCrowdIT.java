package dev.thaw.it.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many descriptors, many clients, and none of them well-behaved. */
@IntegrationTest
@RequiresTool("python3")
@Timeout(120)
class BrokerCrowdIT {
    private static final int HELD = 10_000;
    private static final int CLIENTS = 100;

    /** Forks clients, each in another state of a request; when all are there, kills them with SIGKILL. */
    private static final String CROWD = """
            import random, signal
            def client(number, there):
                broker, name = Broker(sys.argv[1]), 'crowd:%d:%d' % (os.getpid(), number)
                fds, state = [0] * 100, number % 7
                names = b''.join(text8('held:%05d' % random.randrange(10000)) for _ in range(20))
                store = b'\\1\\1\\1' + text8(name) + bytes(8)
                if state == 1:    # stored, and the reply is not read
                    socket.send_fds(broker.socket, [store], [0])
                elif state == 2:  # sent descriptors are under way to it
                    broker.socket.send(b'\\1\\2\\x14' + names)
                elif state == 3:  # surplus descriptors, not read either
                    socket.send_fds(broker.socket, [store], fds)
                elif state == 4:  # has some
                    kept = broker.ask(2, b'\\x14' + names)[1]
                os.write(there, b'.')
                while state == 5:  # stores and deletes
                    broker.store(name, 0)
                    broker.delete(name)
                while state == 6:  # garbage with descriptors, again and again
                    try:
                        socket.send_fds(broker.socket, [bytes(random.randrange(256) for _ in range(50))], fds)
                        broker.socket.recv(100)
                    except OSError:
                        broker = Broker(sys.argv[1])
                signal.pause()
            read, write = os.pipe()
            children = []
            for number in range(int(sys.argv[2])):
                child = os.fork()
                if child == 0:
                    try:
                        client(number, write)
                    except Exception as e:
                        print('client', number, repr(e), flush=True)
                    finally:
                        os._exit(1)
                children.append(child)
            count = 0
            while count < len(children):
                count += len(os.read(read, 100))
            random.shuffle(children)
            for child in children:
                os.kill(child, signal.SIGKILL)
            ends = [os.waitpid(child, 0)[1] for child in children]
            print('all killed' if ends == [9] * len(ends) else 'ended otherwise: %s' % ends, flush=True)
            """;

    private static String crowd(ServedBroker broker) {
        String client = new String(dev.thaw.linux.FileCalls.readAll(Checkout.sample("broker-client/fdbroker.py"))).replace("__name__ ==", "not");
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program program = Program.with().nullDescriptor(0).descriptor(1, out.writer().number()).descriptor(2, out.writer().number())
                        .start(Checkout.python(), "-c", client + CROWD, broker.socket(), "" + CLIENTS)) {
            out.writer().close();
            String said = Bytes.readToEnd(out.reader().number());
            program.awaitEnd();
            return said;
        }
    }

    private static int descriptors(ServedBroker broker) {
        return ProcessTable.descriptors(broker.process().pid()).size();
    }

    @Test
    void ten_thousand_descriptors_and_a_hundred_clients_killed_in_every_state_leave_none_behind(Scratch scratch) {
        // A heap in which a leak of memory would show.
        Map<String, String> smallHeap = Map.of("JAVA_TOOL_OPTIONS", "-Xmx48m");
        try (ServedBroker broker = ServedBroker.start(scratch, smallHeap, "--max-descriptors", "10500", "--idle", "10m"); BrokerClient client = broker.client()) {
            client.list();
            int before = descriptors(broker);
            List<FdName> names = IntStream.range(0, HELD).mapToObj(i -> new FdName("held:%05d".formatted(i))).toList();
            client.store(names.stream().map(name -> new Deposit(name, Duration.ZERO)).toList(), new int[HELD]);
            assertEquals(before + HELD, descriptors(broker));
            for (int round = 0; round < 3; round++) {
                assertEquals("all killed\n", crowd(broker));
                deleteOfCrowd(client);
                Await.value(() -> before + HELD + " descriptors of the broker, not " + descriptors(broker), Await.LIMIT,
                        () -> descriptors(broker) == before + HELD ? java.util.Optional.of(true) : deleteOfCrowd(client));
            }
            assertEquals(HELD, client.list().size());
            client.retrieve(names.subList(0, 1000)).forEach(fd -> fd.close());
            client.delete(names);
            Await.until("as many as before", () -> descriptors(broker) == before);
            long peak = Long.parseLong(StatusFile.read(broker.process().pid()).field("VmHWM").replaceAll("[^0-9]", ""));
            assertTrue(peak < 400_000, "peak of resident memory: " + peak + " KB");
            assertEquals("", broker.process().err().replaceAll("Picked up JAVA_TOOL_OPTIONS.*\n", ""));
        }
    }

    /** What was stored by clients that were killed after it; empty, for a wait. */
    private static java.util.Optional<Boolean> deleteOfCrowd(BrokerClient client) {
        for (FdName name : client.list().stream().map(held -> held.name()).filter(name -> name.text().startsWith("crowd:")).toList()) {
            try {
                client.delete(List.of(name));
            } catch (BrokerException.Refused goneMeanwhile) {
                continue;
            }
        }
        return java.util.Optional.empty();
    }
}
