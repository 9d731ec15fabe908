package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.Refusal;

/** A request is not done; inside the broker only. */
final class RefusedException extends RuntimeException {
    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
        // Clients cause it as often as they like: no stack trace is made.
        super(refusal.why(), null, false, false);
        this.refusal = refusal;
    }

    RefusedException(Refusal.Reason reason, String why, String remedy) {
        this(new Refusal(reason, why, remedy));
    }

    Refusal refusal() {
        return refusal;
    }
}
