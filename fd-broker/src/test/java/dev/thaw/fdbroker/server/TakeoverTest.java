package dev.thaw.fdbroker.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
class TakeoverTest {
    @TempDir
    Path directory;

    private String socket() {
        return directory.resolve("broker.sock").toString();
    }

    private static void store(BrokerClient client, int count) {
        client.store(IntStream.range(0, count).mapToObj(i -> new Deposit(new FdName("d" + i), Duration.ZERO)).toList(), new int[count]);
    }

    @Test
    void a_successor_has_every_descriptor_and_every_client_goes_on() {
        try (RunningBroker first = RunningBroker.at(socket()); BrokerClient client = first.client()) {
            store(client, 600);
            List<Holding> before = client.list();
            try (RunningBroker second = RunningBroker.replacing(socket())) {
                assertEquals(BrokerServer.End.HANDED_OVER, first.awaitEnd());
                assertEquals(before, client.list(), "over the connection that was made to the first");
                client.retrieve(new FdName("d599")).close();
                try (BrokerClient other = second.client()) {
                    assertEquals(before, other.list());
                    other.delete(List.of(new FdName("d0")));
                    store(other, 1);
                }
            }
        }
    }

    @Test
    void a_request_that_comes_during_the_hand_over_is_answered_by_the_successor() {
        try (RunningBroker first = RunningBroker.at(socket()); BrokerClient client = first.client(); OwnedFd early = first.raw()) {
            store(client, 1);
            Takeover takeover = Takeover.begin(socket(), RunningBroker.LIMIT);
            SocketCalls.sendWithFds(early.number(), BrokerCodec.encode(new BrokerRequest.Retrieve(List.of(new FdName("d0")))));
            takeover.close();
            // That one gave up: the first goes on, and has lost nothing.
            try (SocketCalls.Received received = SocketCalls.receiveWithFds(early.number(), 100, 2)) {
                assertEquals(new BrokerReply.Sent(1), BrokerCodec.decodeReply(received.payload()));
                assertEquals(1, received.fds().size());
            }
            assertEquals(1, client.list().size());
            try (RunningBroker second = RunningBroker.replacing(socket()); BrokerClient other = second.client()) {
                assertEquals(1, other.list().size());
            }
        }
    }

    @Test
    void a_successor_that_says_nothing_is_given_up() {
        Limits usual = RunningBroker.LIMITS;
        Limits limits = new Limits(usual.descriptors(), usual.descriptorsPerUser(), usual.connections(), usual.connectionsPerUser(), usual.idle(),
                usual.unread(), usual.unreadDescriptorsPerUser(), usual.drain(), Duration.ofMillis(200));
        try (RunningBroker broker = RunningBroker.at(socket(), limits); BrokerClient client = broker.client()) {
            store(client, 1);
            try (Takeover silent = Takeover.begin(socket(), RunningBroker.LIMIT)) {
                assertEquals(1, client.list().size(), "after the pause");
                assertThrows(BrokerException.Unavailable.class, silent::finish);
            }
        }
    }

    @Test
    void only_the_own_user_may_take_over_whatever_the_policy_says() {
        AccessPolicy ofAnother = new AccessPolicy(ProcessCalls.geteuid() + 1, List.of(new dev.thaw.fdbroker.policy.AccessRule(java.util.Set.of(),
                java.util.Set.of(), Optional.empty(), Optional.empty(), java.util.Set.of(), List.of(),
                new dev.thaw.fdbroker.policy.AccessRule.Owner.Anybody(), List.of(), true, "policy:1")), List.of());
        try (RunningBroker broker = RunningBroker.at(socket(), RunningBroker.LIMITS, ofAnother); BrokerClient client = broker.client()) {
            store(client, 1);
            BrokerException.Refused refused = assertThrows(BrokerException.Refused.class, () -> Takeover.begin(socket(), RunningBroker.LIMIT));
            assertEquals(Reason.NOT_ALLOWED, refused.refusal().reason());
        }
    }

    @Test
    void to_have_taken_over_is_not_believed_of_one_who_has_not() {
        try (RunningBroker broker = RunningBroker.at(socket()); OwnedFd hostile = broker.raw(); BrokerClient client = broker.client()) {
            SocketCalls.sendWithFds(hostile.number(), BrokerCodec.encode(new BrokerRequest.TakenOver(2)));
            try (SocketCalls.Received received = SocketCalls.receiveWithFds(hostile.number(), 1000, 2)) {
                assertEquals(Reason.MALFORMED, ((BrokerReply.Refused) BrokerCodec.decodeReply(received.payload())).refusal().reason());
            }
            assertEquals(List.of(), client.list());
        }
    }
}
