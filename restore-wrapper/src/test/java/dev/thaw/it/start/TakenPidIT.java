package dev.thaw.it.start;

import dev.thaw.it.Checkout;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Pids of the image that are taken when thaw looks, or when criu wants them, and become free. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class TakenPidIT {
    /** Takes a pid by clone3(2), in struct clone_args the fields set_tid and set_tid_size, and lives until its input ends. */
    private static final String TAKE = """
            import ctypes, os, struct, sys
            wanted = ctypes.c_int(int(sys.argv[1]))
            arguments = ctypes.create_string_buffer(struct.pack('11Q', 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted), 1, 0))
            pid = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, 88)
            if pid < 0:
                sys.exit(os.strerror(ctypes.get_errno()))
            if pid == 0:
                os.read(0, 1)
                os._exit(0)
            os.close(0)
            print('taken', flush=True)
            os.waitpid(pid, 0)
            """;

    @Test
    void what_only_has_to_be_reaped_is_waited_for(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Dumps.of(scratch, puppet).run(); // ended, and a zombie of the test JVM's
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"planned\"");
                puppet.awaitGone();
                thaw.awaitErr("\"event\":\"ready\"");
                puppet.eval("leave(42)");
                thaw.awaitEnd().expect(42);
            }
        }
    }

    @Test
    void the_restore_is_tried_again_when_it_has_become_free(Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            FileCalls.writeFile(scratch.path("take.py"), TAKE.getBytes(StandardCharsets.UTF_8), 0600);
            // At the first attempt somebody has the pid as long as criu runs.
            String criu = StoppingCriu.beginning(scratch, "restore", """
                    if mkdir FIRST; then
                        mkfifo LINE SAID
                        %s TAKE %d <LINE >SAID &
                        exec 7>LINE; read -r word <SAID; [ "$word" = taken ] || exit 1
                        "$THAW_CRIU" "$@"; code=$?
                        exec 7>&-; wait
                        exit $code
                    fi
                    """.formatted(Checkout.python(), puppet.pid()).replace("FIRST", scratch.path("first")).replace("LINE", scratch.path("line"))
                    .replace("SAID", scratch.path("said")).replace("TAKE", scratch.path("take.py")).strip());
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "-v", "--status-fd", "2", "--criu", criu, scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"ready\"");
                puppet.eval("leave(42)");
                thaw.awaitEnd().expect(42).expectErr("criu found a pid or thread id of the image taken; trying again");
            }
        }
    }
}
