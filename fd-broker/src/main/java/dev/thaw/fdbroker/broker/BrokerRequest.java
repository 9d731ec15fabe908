package dev.thaw.fdbroker.broker;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a client asks; one packet. */
public sealed interface BrokerRequest {

    /** How many descriptors travel with it. */
    default int descriptors() {
        return 0;
    }

    /**
     * A name to be, and how long.
     *
     * @param expiry until the broker closes it, to the millisecond; zero: never
     */
    record Deposit(FdName name, Duration expiry) {
    }

    /** Keep the descriptors that came along, one for each name: all of them, or none. */
    record Store(List<Deposit> deposits) implements BrokerRequest {
        public Store {
            deposits = List.copyOf(deposits);
        }

        @Override
        public int descriptors() {
            return deposits.size();
        }
    }

    /** Send the descriptors of these names, in this order: all of them, or none. They stay kept. */
    record Retrieve(List<FdName> names) implements BrokerRequest {
        public Retrieve {
            names = List.copyOf(names);
        }
    }

    /** Close what is kept under these names: all of them, or none. */
    record Delete(List<FdName> names) implements BrokerRequest {
        public Delete {
            names = List.copyOf(names);
        }
    }

    /** Tell what is kept, in the order of names, from the one after this on. */
    record ListAfter(Optional<FdName> name) implements BrokerRequest {
    }

    /**
     * Open a file, and keep it.
     *
     * @param path absolute
     */
    record Open(Deposit deposit, String path, Access access) implements BrokerRequest {
    }

    /**
     * Send what a successor needs, from item {@code from} on; the first one stops all other work. Only for the broker's own user.
     */
    record TakeOver(int from) implements BrokerRequest {
    }

    /** All {@code count} items have arrived at the successor, which serves from here on. */
    record TakenOver(int count) implements BrokerRequest {
    }
}
