package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Closes descriptors that clients gave, apart from the thread that serves. To close one can take as long as its giver likes: a socket that
 * lingers, a file of a FUSE server that does not answer. Each user's are closed by a thread of their own, so that nobody waits for
 * another's.
 */
final class DescriptorCloser {
    private static final long STACK_BYTES = 128 * 1024;
    private static final long IDLE_MILLIS = 2_000;
    private static final int MOST_PENDING = 512;

    private final Map<Integer, Deque<OwnedFd>> queues = new HashMap<>();
    private final Map<Integer, Integer> pending = new HashMap<>();
    private int all;

    /** Takes them over. */
    synchronized void close(int uid, List<OwnedFd> fds) {
        if (fds.isEmpty()) {
            return;
        }
        Deque<OwnedFd> queue = queues.get(uid);
        if (queue == null) {
            queue = new ArrayDeque<>();
            queues.put(uid, queue);
            Thread thread = new Thread(null, () -> work(uid), "closer of user " + uid, STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
        }
        queue.addAll(fds);
        pending.merge(uid, fds.size(), Integer::sum);
        all += fds.size();
        notifyAll();
    }

    /** Whether this user has to wait until more are closed: else one whose descriptors take long would leave no room for the others'. */
    synchronized boolean holdsUp(int uid) {
        return all > MOST_PENDING && pending.containsKey(uid);
    }

    /** How many are not closed yet, beyond those that there is room for beside all that is kept. */
    synchronized int pendingBeyondRoom() {
        return Math.max(0, all - MOST_PENDING - BrokerCodec.MAX_DESCRIPTORS);
    }

    /** How many of these a user gave. */
    synchronized int pending(int uid) {
        return pending.getOrDefault(uid, 0);
    }

    private void work(int uid) {
        for (OwnedFd fd = next(uid); fd != null; fd = next(uid)) {
            try {
                fd.close();
            } catch (LinuxException lost) {
                // Of data that its writer could not be told of; the descriptor is closed all the same.
            } finally {
                closed(uid);
            }
        }
    }

    /** Null ends the thread. */
    private synchronized OwnedFd next(int uid) {
        Deque<OwnedFd> queue = queues.get(uid);
        if (queue.isEmpty()) {
            try {
                wait(IDLE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (queue.isEmpty()) {
            queues.remove(uid);
        }
        return queue.poll();
    }

    private synchronized void closed(int uid) {
        all--;
        pending.computeIfPresent(uid, (user, count) -> count == 1 ? null : count - 1);
    }
}
