package dev.thaw.fdbroker.broker;

import java.util.List;

/** What the broker answers; one packet. */
public sealed interface BrokerReply {

    /** How many descriptors travel with it. */
    default int descriptors() {
        return 0;
    }

    /** It was done, and there is no more to say. */
    record Done() implements BrokerReply {
    }

    /** Nothing was done. */
    record Refused(Refusal refusal) implements BrokerReply {
    }

    /** The descriptors asked for come along. */
    record Sent(int descriptors) implements BrokerReply {
    }

    /**
     * What is kept.
     *
     * @param more there are names after the last of these: ask again
     */
    record Listing(List<Holding> holdings, boolean more) implements BrokerReply {
        public Listing {
            holdings = List.copyOf(holdings);
        }
    }

    /**
     * Some of what a successor needs, a descriptor for each item.
     *
     * @param total number of items in all replies together
     */
    record HandOver(List<Item> items, int total) implements BrokerReply {
        public HandOver {
            items = List.copyOf(items);
        }

        @Override
        public int descriptors() {
            return items.size();
        }
    }

    /** What one descriptor of a hand-over is. */
    sealed interface Item {
        /** The lock on the place of the socket. */
        record Lock() implements Item {
        }

        /** The socket that clients connect to. */
        record Listener() implements Item {
        }

        /** The connection of a client, with what it has sent and nobody has read yet. */
        record Connection() implements Item {
        }

        /**
         * A descriptor that is kept.
         *
         * @param id its number, which no other one gets
         */
        record Held(long id, Holding holding) implements Item {
        }
    }
}
