package dev.thaw.fdbroker.broker;

/**
 * Why the broker does not do what it was asked.
 *
 * @param reason for programs
 * @param why for people: what is the case, with the numbers they can check
 * @param remedy for people: what can be done
 */
public record Refusal(Reason reason, String why, String remedy) {

    /** Each has its number on the wire, which never changes; docs/broker-protocol.md lists them. */
    public enum Reason {
        /** The packet is no request. */
        MALFORMED(1),
        /** The packet is of a version that this broker does not speak. */
        VERSION(2),
        /** The name is not one that can be. */
        NAME(3),
        /** Something is kept under this name already. */
        NAME_TAKEN(4),
        /** Nothing is kept under this name. */
        NO_SUCH_NAME(5),
        /** The policy does not allow it. */
        NOT_ALLOWED(6),
        /** The broker keeps as many descriptors as it may. */
        FULL(7),
        /** The user keeps as many descriptors as one user may. */
        QUOTA(8),
        /** Not as many descriptors came as the request says. */
        DESCRIPTORS(9),
        /** The path is not below a folder that may be opened from, or leaves it. */
        FOLDER(10),
        /** The kernel did not open the file. */
        NOT_OPENED(11),
        /** The user has, or all have, as many connections as may be. */
        CONNECTIONS(12),
        /** Nothing came over the connection for too long. */
        IDLE(13),
        /** The broker is ending. */
        STOPPING(14),
        /** Too many descriptors are under way to clients that do not read them. */
        UNREAD(15),
        /** A reason that this client does not know. */
        UNKNOWN(255);

        private final int number;

        Reason(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        static Reason of(int number) {
            for (Reason reason : values()) {
                if (reason.number == number) {
                    return reason;
                }
            }
            return UNKNOWN;
        }
    }
}
