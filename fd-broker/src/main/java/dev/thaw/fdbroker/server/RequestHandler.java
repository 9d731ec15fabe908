package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerRequest;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.fdbroker.broker.Refusal;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.fdbroker.policy.Peer;
import dev.thaw.fdbroker.policy.Verb;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OwnedFd;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Does what clients ask: who may is the policy's, how many the store's. */
final class RequestHandler {
    /** Of a listing beside its entries, generously. */
    private static final int HEADER_BYTES = 16;

    private final FdStore store;
    private final DescriptorCloser closer;
    private final Keeper keeper;
    private AccessPolicy policy;
    private long nextId;

    /** @param firstId greater than that of any descriptor in the store */
    RequestHandler(FdStore store, DescriptorCloser closer, Keeper keeper, AccessPolicy policy, long firstId) {
        this.store = store;
        this.closer = closer;
        this.keeper = keeper;
        this.policy = policy;
        this.nextId = firstId;
    }

    /**
     * @param fds what is to be sent with the reply; they stay the store's
     */
    record Answer(BrokerReply reply, int... fds) {
    }

    AccessPolicy policy() {
        return policy;
    }

    void policy(AccessPolicy replacement) {
        policy = replacement;
    }

    /**
     * @param fds that came along: those that are kept are released, the others stay the caller's
     * @throws RefusedException and then nothing was done
     */
    Answer handle(BrokerRequest request, Peer peer, List<OwnedFd> fds, Instant now) {
        if (fds.size() != request.descriptors()) {
            throw new RefusedException(
                    Reason.DESCRIPTORS,
                    "%d descriptors came along, and %d belong to the request".formatted(fds.size(), request.descriptors()),
                    "one descriptor for each name to store, none with another request");
        }
        if (request instanceof BrokerRequest.Store stored) {
            return store(stored, peer, fds, now);
        }
        if (request instanceof BrokerRequest.Open open) {
            return open(open, peer, now);
        }
        if (request instanceof BrokerRequest.Retrieve retrieve) {
            return retrieve(retrieve, peer);
        }
        if (request instanceof BrokerRequest.Delete delete) {
            return delete(delete, peer);
        }
        if (request instanceof BrokerRequest.ListAfter list) {
            return list(list, peer);
        }
        throw new RefusedException(Reason.MALFORMED, "nothing is being handed over", "thaw broker serve --replace");
    }

    private Answer store(BrokerRequest.Store request, Peer peer, List<OwnedFd> fds, Instant now) {
        List<FdName> names = request.deposits().stream().map(Deposit::name).toList();
        mayAdd(peer, Verb.STORE, names);
        for (int i = 0; i < fds.size(); i++) {
            Holding holding = Descriptors.describe(fds.get(i).number(), request.deposits().get(i), peer, now);
            add(holding, OwnedFd.of(fds.get(i).release()));
        }
        return new Answer(new BrokerReply.Done());
    }

    private Answer open(BrokerRequest.Open request, Peer peer, Instant now) {
        FdName name = request.deposit().name();
        mayAdd(peer, Verb.OPEN, List.of(name));
        OwnedFd fd = FolderOpener.open(policy.foldersFor(peer, name), request.path(), request.access());
        add(Descriptors.describe(fd.number(), request.deposit(), peer, now), fd);
        return new Answer(new BrokerReply.Done());
    }

    private Answer retrieve(BrokerRequest.Retrieve request, Peer peer) {
        int[] fds = new int[request.names().size()];
        for (int i = 0; i < fds.length; i++) {
            fds[i] = find(peer, Verb.RETRIEVE, request.names().get(i)).fd().number();
        }
        return new Answer(new BrokerReply.Sent(fds.length), fds);
    }

    private Answer delete(BrokerRequest.Delete request, Peer peer) {
        request.names().forEach(name -> find(peer, Verb.DELETE, name));
        for (FdName name : request.names()) {
            // A name may be there twice.
            store.remove(name).ifPresent(this::discard);
        }
        return new Answer(new BrokerReply.Done());
    }

    private Answer list(BrokerRequest.ListAfter request, Peer peer) {
        policy.checkAny(peer, Verb.LIST).ifPresent(refusal -> {
            throw new RefusedException(refusal);
        });
        List<Holding> listed = new ArrayList<>();
        int bytes = HEADER_BYTES;
        for (HeldFd held : store.after(request.name())) {
            if (policy.check(peer, Verb.LIST, held.name(), OptionalInt.of(held.holding().uid())).isEmpty()) {
                bytes += BrokerCodec.bytesOf(held.holding());
                if (bytes > BrokerCodec.MAX_PACKET_BYTES) {
                    return new Answer(new BrokerReply.Listing(listed, true));
                }
                listed.add(held.holding());
            }
        }
        return new Answer(new BrokerReply.Listing(listed, false));
    }

    /** Closes those whose time has come. */
    void expire(Instant now) {
        store.removeExpired(now).forEach(this::discard);
    }

    private void mayAdd(Peer peer, Verb verb, List<FdName> names) {
        for (FdName name : names) {
            allowed(policy.check(peer, verb, name, OptionalInt.empty()));
        }
        allowed(store.whyNot(peer.uid(), names, closer.pendingBeyondRoom(), closer.pending(peer.uid())));
    }

    private void add(Holding holding, OwnedFd fd) {
        HeldFd held = new HeldFd(nextId++, holding, fd);
        store.add(held);
        keeper.added(held);
    }

    private HeldFd find(Peer peer, Verb verb, FdName name) {
        Optional<HeldFd> held = store.find(name);
        OptionalInt storedBy = held.isPresent() ? OptionalInt.of(held.get().holding().uid()) : OptionalInt.empty();
        allowed(policy.check(peer, verb, name, storedBy));
        return held.orElseThrow(() -> new RefusedException(
                Reason.NO_SUCH_NAME, "nothing is kept under '" + KernelString.printable(name.text()) + "'", "thaw broker list"));
    }

    private void discard(HeldFd held) {
        keeper.removed(held);
        closer.close(held.holding().uid(), List.of(held.fd()));
    }

    private static void allowed(Optional<Refusal> refusal) {
        refusal.ifPresent(reason -> {
            throw new RefusedException(reason);
        });
    }
}
