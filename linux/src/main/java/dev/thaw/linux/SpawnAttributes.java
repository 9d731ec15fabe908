package dev.thaw.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.Set;

/** A {@code posix_spawnattr_t}: signals and session of the child. */
final class SpawnAttributes implements AutoCloseable {

    /** At least the size of the C type: 336 bytes in glibc 2.36 on x86-64. */
    static final int BYTES = 1024;

    static final int SETPGROUP = 0x02;
    static final int SETSIGDEF = 0x04;
    static final int SETSIGMASK = 0x08;
    static final int SETSID = 0x80;

    private final Memory attributes = new Memory(BYTES);

    /** Empty mask, default actions for all but {@code ignoredSignals}; the group is the child's own when one is asked for. */
    SpawnAttributes(PosixSpawn.Session session, Set<Integer> ignoredSignals) {
        check(PosixSpawn.C.posix_spawnattr_init(attributes), "init");
        check(PosixSpawn.C.posix_spawnattr_setsigmask(attributes, new byte[SignalMask.SET_BYTES]), "setsigmask");
        check(PosixSpawn.C.posix_spawnattr_setsigdefault(attributes, allBut(ignoredSignals)), "setsigdefault");
        int flags = SETSIGDEF | SETSIGMASK;
        flags |= session == PosixSpawn.Session.NEW_SESSION ? SETSID : session == PosixSpawn.Session.NEW_GROUP ? SETPGROUP : 0;
        check(PosixSpawn.C.posix_spawnattr_setflags(attributes, (short) flags), "setflags");
    }

    Pointer pointer() {
        return attributes;
    }

    @Override
    public void close() {
        PosixSpawn.C.posix_spawnattr_destroy(attributes);
        attributes.close();
    }

    // Raw bytes, as sigfillset leaves out two signals that glibc uses itself, and the child would ignore those.
    private static byte[] allBut(Set<Integer> signals) {
        byte[] set = new byte[SignalMask.SET_BYTES];
        Arrays.fill(set, (byte) 0xff);
        for (int signal : signals) {
            set[(signal - 1) / 8] &= (byte) ~(1 << (signal - 1) % 8);
        }
        return set;
    }

    private static void check(int error, String attribute) {
        if (error != 0) {
            throw LibC.failed(error, "posix_spawnattr_" + attribute + "(attributes)");
        }
    }
}
