package dev.thaw.it.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The policy, asked by the user whom it is about: root's broker, and a client that is nobody (65534). */
@IntegrationTest
@RequiresRoot
@RequiresTool({"python3", "setpriv"})
class BrokerAccessIT {
    private static final String NOBODY = "65534";

    /** Each request of the protocol once, for names of the caller's choice. */
    private static final String ATTEMPTS = """
            broker = Broker(sys.argv[1])
            def attempt(what, request):
                try:
                    result = request()
                    print(what, 'done', os.read(result, 100).decode() if isinstance(result, int) else result or '')
                except Refused as refused:
                    print(what, 'refused:', str(refused).replace(str(os.getpid()), 'PID'))
            def opened(name, path, access=0):
                body = text8(name) + struct.pack('>qBH', 0, access, len(path)) + path.encode()
                broker.ask(5, body)
            """;

    /** Garbage, with connections that linger for a minute when they are closed: nobody reads what is in them. */
    private static final String SLOW = """
            import resource, signal
            resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
            listener, accepted = socket.socket(), []
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.bind(('127.0.0.1', 0))
            listener.listen(100)
            brokers = [Broker(sys.argv[1]) for _ in range(5)]
            for broker in brokers:
                sockets = []
                for _ in range(253):
                    one = socket.socket()
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                    one.connect(listener.getsockname())
                    accepted.append(listener.accept()[0])
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 60))
                    one.setblocking(False)
                    try:
                        while True:
                            one.send(bytes(65536))
                    except BlockingIOError:
                        sockets.append(one)
                socket.send_fds(broker.socket, [b'garbage'], [one.fileno() for one in sockets])
                for one in sockets:
                    one.close()
            print('sent', flush=True)
            signal.pause()
            """;

    @Test
    void one_whose_descriptors_take_long_to_close_holds_up_only_himself(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        try (ServedBroker broker = ServedBroker.start(scratch, "--mode", "0666"); BrokerClient client = broker.client();
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            client.list();
            int before = descriptors(broker);
            try (Program hostile = asNobody(scratch, out, SLOW)) {
                Bytes.readUntil(out.reader().number(), "sent\n");
                // Two packets' worth may wait to be closed, and a third; the others are not taken.
                Await.until("three packets of 253", () -> descriptors(broker) >= before + 3 * 253);
                for (int i = 0; i < 100; i++) {
                    client.store(new FdName("a"), Duration.ZERO, 0);
                    client.delete(List.of(new FdName("a")));
                }
                int now = descriptors(broker);
                assertTrue(now < before + 4 * 253, "no more are taken than there is room for: " + (now - before));
                assertTrue(now >= before + 3 * 253, "and they are still there: " + (now - before));
                assertTrue(hostile.pid() > 0);
            }
            Await.until("as many as before", () -> descriptors(broker) == before);
        }
    }

    private static int descriptors(ServedBroker broker) {
        return ProcessTable.descriptors(broker.process().pid()).size();
    }

    /** What somebody else's Python prints, with the sample's class of a client. */
    private static List<String> nobody(Scratch scratch, String script) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC); Program program = asNobody(scratch, out, ATTEMPTS + script)) {
            String said = Bytes.readToEnd(out.reader().number());
            program.awaitEnd();
            return said.lines().toList();
        }
    }

    /** Both of its streams go into the pipe, whose writing end is closed here. */
    private static Program asNobody(Scratch scratch, FdCalls.Pipe out, String script) {
        String client = KernelString.decode(FileCalls.readAll(Checkout.sample("broker-client/fdbroker.py"))).replace("__name__ ==", "not");
        Program program = Program.with().nullDescriptor(0).descriptor(1, out.writer().number()).descriptor(2, out.writer().number())
                .start(Checkout.tool("setpriv").orElseThrow(), "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", Checkout.python(), "-c",
                        client + script, scratch.path("broker.sock"));
        out.writer().close();
        return program;
    }

    private static void keep(ServedBroker broker, Scratch scratch, String... names) {
        try (BrokerClient client = broker.client(); OwnedFd fd = FileCalls.open(scratch.file("content", "root's"), OpenFlags.O_RDONLY)) {
            for (String name : names) {
                client.store(new FdName(name), Duration.ZERO, fd.number());
            }
        }
    }

    @Test
    void without_a_policy_nobody_else_may_do_anything(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        try (ServedBroker broker = ServedBroker.start(scratch, "--mode", "0666", "--folder", scratch.path())) {
            keep(broker, scratch, "a");
            String only = ": only user 0 may, as the broker has no policy file";
            assertEquals(List.of(
                    "store refused: user 65534 (pid PID) may not store 'b'" + only,
                    "retrieve refused: user 65534 (pid PID) may not retrieve 'a'" + only,
                    "guess refused: user 65534 (pid PID) may not retrieve 'nope'" + only,
                    "delete refused: user 65534 (pid PID) may not delete 'a'" + only,
                    "list refused: user 65534 (pid PID) may not list anything" + only,
                    "open refused: user 65534 (pid PID) may not open 'c'" + only,
                    "take over refused: user 65534 (pid PID) may not take over from the broker of user 0",
                    "taken over refused: this is not what was handed over"),
                    nobody(scratch, """
                            attempt('store', lambda: broker.store('b', 0))
                            attempt('retrieve', lambda: broker.retrieve('a'))
                            attempt('guess', lambda: broker.retrieve('nope'))
                            attempt('delete', lambda: broker.delete('a'))
                            attempt('list', lambda: list(broker.list()))
                            attempt('open', lambda: opened('c', os.path.dirname(sys.argv[1]) + '/content'))
                            attempt('take over', lambda: broker.ask(6, struct.pack('>i', 0)) and None)
                            attempt('taken over', lambda: broker.ask(7, struct.pack('>i', 2)) and None)
                            """));
            try (BrokerClient client = broker.client()) {
                assertEquals(1, client.list().size());
            }
        }
    }

    @Test
    void without_a_policy_the_socket_itself_lets_nobody_else_connect(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        try (ServedBroker broker = ServedBroker.start(scratch)) {
            List<String> said = nobody(scratch, "");
            assertTrue(said.get(said.size() - 1).startsWith("PermissionError"), said.toString());
            assertEquals(0600, FileCalls.stat(broker.socket()).permissions());
        }
    }

    @Test
    void a_policy_lets_somebody_have_what_it_names_and_nothing_else(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        String policy = scratch.file("policy", """
                uid: 65534
                verbs: [retrieve, list]
                names: "listener:shop*"
                action: allow
                ---
                uid: 65534
                verbs: [store, delete, retrieve]
                names: "mine:*"
                stored-by: self
                action: allow
                """);
        try (ServedBroker broker = ServedBroker.start(scratch, "--policy", policy, "--max-per-user", "2")) {
            keep(broker, scratch, "listener:shop", "listener:other", "mine:roots");
            String none = ": no rule of the policy allows it, and without one only user 0 may";
            String script = """
                    attempt('shop', lambda: broker.retrieve('listener:shop'))
                    attempt('other', lambda: broker.retrieve('listener:other'))
                    attempt('delete', lambda: broker.delete('listener:shop'))
                    attempt('list', lambda: [entry[0] for entry in broker.list()])
                    attempt('store', lambda: broker.store('mine:1', 0))
                    attempt('2', lambda: broker.store('mine:2', 0))
                    attempt('3', lambda: broker.store('mine:3', 0))
                    attempt('elsewhere', lambda: broker.store('yours:3', 0))
                    attempt("root's", lambda: broker.retrieve('mine:roots'))
                    attempt('own', lambda: broker.delete('mine:2'))
                    """;
            assertEquals(List.of(
                    "shop done root's",
                    "other refused: user 65534 (pid PID) may not retrieve 'listener:other'" + none,
                    "delete refused: user 65534 (pid PID) may not delete 'listener:shop'" + none,
                    "list done ['listener:shop']",
                    "store done ",
                    "2 done ",
                    "3 refused: user 65534 keeps 2 descriptors, 1 more would be above one user's limit of 2",
                    "elsewhere refused: user 65534 (pid PID) may not store 'yours:3'" + none,
                    "root's refused: user 65534 (pid PID) may not retrieve 'mine:roots'" + none,
                    "own done "), nobody(scratch, script));
            // What is read again counts from then on; a mistake changes nothing.
            FileCalls.writeFile(policy, KernelString.encode("uid: 65534\naction: deny\n"), 0600);
            broker.process().signal(Signals.SIGHUP);
            Await.until("the new policy", () -> nobody(scratch, "attempt('shop', lambda: broker.retrieve('listener:shop'))").get(0)
                    .endsWith("the rule at " + policy + ":1 denies it"));
            FileCalls.writeFile(policy, KernelString.encode("uid: 65534\naction: perhaps\n"), 0600);
            broker.process().signal(Signals.SIGHUP);
            broker.process().awaitErr("the policy stays as it was");
            assertTrue(nobody(scratch, "attempt('shop', lambda: broker.retrieve('listener:shop'))").get(0).contains("denies it"));
        }
    }

    @Test
    void a_rule_can_ask_for_the_program_its_cgroup_and_the_group(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        String policy = scratch.file("policy", "uid: 65534\nexecutable: " + Checkout.python() + "\nnames: program\naction: allow\n---\n"
                + "uid: 65534\nexecutable: /bin/none-such\nnames: other\naction: allow\n---\nuid: 65534\ncgroup: /none/such/**\nnames: cgroup\naction: allow\n---\n"
                + "uid: 65534\ncgroup: /**\nnames: any\naction: allow\n---\ngid: 65534\nnames: group\naction: allow\n---\n"
                + "gid: 54321\nnames: another\naction: allow\n");
        try (ServedBroker broker = ServedBroker.start(scratch, "--policy", policy)) {
            keep(broker, scratch, "program", "other", "cgroup", "any", "group", "another");
            List<String> said = nobody(scratch, """
                    for name in 'program', 'other', 'cgroup', 'any', 'group', 'another':
                        attempt(name, lambda: broker.ask(2, b'\\1' + text8(name)) and None)
                    """);
            assertEquals(List.of("program done ", "other refused", "cgroup refused", "any done ", "group done ", "another refused"),
                    said.stream().map(line -> line.replaceAll("refused:.*", "refused")).toList());
        }
    }

    @Test
    void files_are_opened_with_the_brokers_rights_below_the_folder_of_the_rule_only(Scratch scratch) {
        FileCalls.chmod(scratch.path(), 0711);
        String folder = scratch.directory("folder");
        scratch.file("folder/secret", "secret\n");
        FileCalls.chmod(folder + "/secret", 0600);
        FileCalls.chmod(folder, 0777);
        scratch.file("outside", "outside\n");
        String policy = scratch.file("policy", "uid: 65534\nverbs: [open, retrieve]\nfolders: [" + folder + "]\naction: allow\n");
        try (ServedBroker broker = ServedBroker.start(scratch, "--policy", policy)) {
            List<String> said = nobody(scratch, """
                    folder = os.path.dirname(sys.argv[1]) + '/folder'
                    try: open(folder + '/secret')
                    except PermissionError: print('not by itself')
                    attempt('open', lambda: opened('s', folder + '/secret'))
                    attempt('read', lambda: broker.retrieve('s'))
                    attempt('up', lambda: opened('u', folder + '/../outside'))
                    attempt('outside', lambda: opened('o', folder[:-7] + '/outside'))
                    os.symlink('../outside', folder + '/link')
                    attempt('link', lambda: opened('l', folder + '/link'))
                    attempt('passwd', lambda: opened('p', '/etc/shadow'))
                    """);
            assertEquals(List.of("not by itself", "open done ", "read done secret", "", "up refused", "outside refused", "link refused", "passwd refused"),
                    said.stream().map(line -> line.replaceAll("refused:.*", "refused")).toList());
            assertEquals(folder + "/link", FileCalls.lstatIfExists(folder + "/link").map(link -> folder + "/link").orElse(""));
            assertTrue(broker.process().isRunning());
        }
    }
}
