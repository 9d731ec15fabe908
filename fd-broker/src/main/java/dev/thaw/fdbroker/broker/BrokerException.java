package dev.thaw.fdbroker.broker;

import dev.thaw.linux.KernelString;
import java.util.List;

/** The broker did not do what it was asked; the texts are for the user. */
public abstract sealed class BrokerException extends RuntimeException permits BrokerException.Refused, BrokerException.Unavailable {
    private final String why;
    private final List<String> tries;

    private BrokerException(String what, String why, List<String> tries, Throwable cause) {
        super(what, cause);
        this.why = why;
        this.tries = List.copyOf(tries);
    }

    public String why() {
        return why;
    }

    /** What can be done. */
    public List<String> tries() {
        return tries;
    }

    /** It said why not. */
    public static final class Refused extends BrokerException {
        private final Refusal refusal;

        Refused(String socket, Refusal refusal) {
            super(
                    "the broker at " + KernelString.printable(socket) + " refused",
                    refusal.why(),
                    refusal.remedy().isEmpty() ? List.of() : List.of(refusal.remedy()),
                    null);
            this.refusal = refusal;
        }

        public Refusal refusal() {
            return refusal;
        }
    }

    /** Nobody answers there, or not in the way a broker does. */
    public static final class Unavailable extends BrokerException {
        Unavailable(String socket, String why, String toTry, Throwable cause) {
            super("no broker answers at " + KernelString.printable(socket), why, List.of(toTry), cause);
        }
    }
}
