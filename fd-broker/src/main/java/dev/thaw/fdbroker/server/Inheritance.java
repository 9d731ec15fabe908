package dev.thaw.fdbroker.server;

import dev.thaw.linux.OwnedFd;
import java.util.List;

/**
 * What a broker starts with.
 *
 * @param held descriptors that a former one kept
 * @param connections of its clients, with what they have sent and nobody has read yet
 * @param nextId number of the next descriptor to be stored; greater than that of any before
 */
public record Inheritance(List<HeldFd> held, List<OwnedFd> connections, long nextId) {
    /** Nothing. */
    public static final Inheritance NONE = new Inheritance(List.of(), List.of(), 1);

    public Inheritance {
        held = List.copyOf(held);
        connections = List.copyOf(connections);
    }
}
