package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.Children;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.report.ExitCode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Pids of the image that are taken when thaw looks, or when criu wants them, and become free. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class TakenPidIT {
    /** Takes a pid by clone3(2), in struct clone_args the fields set_tid and set_tid_size. */
    private static final String CLONE = """
            import ctypes, os, struct, sys
            wanted = ctypes.c_int(int(sys.argv[1]))
            arguments = ctypes.create_string_buffer(struct.pack('11Q', 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted), 1, 0))
            pid = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, 88)
            if pid < 0:
                sys.exit(os.strerror(ctypes.get_errno()))
            """;

    /** Has it until its input ends. */
    private static final String TAKE = CLONE + """
            if pid == 0:
                os.read(0, 1)
                os._exit(0)
            os.close(0)
            print('taken', flush=True)
            os.waitpid(pid, 0)
            """;

    /** Leaves a session of that number whose only process has another pid, process group and, once the leader has ended, no parent but this one. */
    private static final String LEAVE_SESSION = "import ctypes, signal; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) # PR_SET_CHILD_SUBREAPER\n" + CLONE + """
            if pid == 0:
                os.setsid()
                gate = os.pipe()
                if os.fork():
                    os.close(gate[1])
                    os.read(gate[0], 1)
                    os._exit(0)
                os.setpgid(0, 0)
                with open(sys.argv[2] + '.new', 'w') as said:
                    said.write(str(os.getpid()))
                os.close(gate[1])
                signal.pause()
                os._exit(0)
            os.waitpid(pid, 0)
            os.rename(sys.argv[2] + '.new', sys.argv[2])
            os.wait()
            """;

    @Test
    void what_only_has_to_be_reaped_is_waited_for(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Dumps.of(scratch, puppet).run(); // ended, and a zombie of the test JVM's
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"planned\"");
                puppet.awaitGone();
                thaw.awaitErr("\"event\":\"ready\"");
                puppet.leave(thaw);
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
                puppet.leave(thaw).expectErr("criu found a pid or thread id of the image taken; trying again");
            }
        }
    }

    /** Nothing but a look at each process of the machine finds it, which is taken when criu has failed. */
    @Test
    void a_session_without_its_leader_is_named_and_left_alone(Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            FileCalls.writeFile(scratch.path("session.py"), LEAVE_SESSION.getBytes(StandardCharsets.UTF_8), 0600);
            try (Program taker = Program.with().nullStreams()
                    .start(Checkout.python(), scratch.path("session.py"), "" + puppet.pid(), scratch.path("member"))) {
                Await.until("a session that has lost its leader", () -> FileCalls.statIfExists(scratch.path("member")).isPresent());
                int member = Integer.parseInt(scratch.read("member"));
                ThawProcess.run(scratch, "restore", "-v", scratch.path("image")).expect(ExitCode.PLAN)
                        .expectErr("criu found a pid or thread id of the image taken; trying again")
                        .expectErr("pid " + puppet.pid() + " of the image is taken, and did not become free in 2")
                        .expectErr("because: pid " + member + " (").expectErr("child of " + taker.pid())
                        .expectErr("is in the session of that number")
                        .expectErr("kill " + member);
                assertTrue(Children.isRunning(member));
                assertTrue(Children.isRunning(taker.pid()));
            }
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"ready\"");
                puppet.leave(thaw);
            }
        }
    }
}
