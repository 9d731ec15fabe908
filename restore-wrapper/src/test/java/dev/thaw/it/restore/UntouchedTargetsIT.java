package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A restore that fails leaves what it would have handed over as it was: no file emptied, no byte put back, no marker. */
@IntegrationTest
@RequiresCriu
class UntouchedTargetsIT {
    /** Runs criu with every key of a pipe spelled so that it matches nothing: criu says nothing of it, and only the proof can see. */
    private static final String WRONG_KEYS = "for a do shift; case $a in fd*:pipe:*) a=\"${a%%:*}:pipe${a#*pipe:}\";; esac; set -- \"$@\" \"$a\"; done; "
            + "exec \"$THAW_CRIU\" \"$@\"";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"exit 1 | could not restore", WRONG_KEYS + " | did not arrive"})
    void nothing_is_written_by_a_restore_that_fails_and_all_of_it_by_one_that_succeeds(String criuDoes, String said, Scratch scratch) {
        scratch.file("log", "as it was");
        try (FdCalls.Pipe oldIn = pipe();
                FdCalls.Pipe oldOut = pipe();
                FdCalls.Pipe in = pipe();
                FdCalls.Pipe err = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(0, oldIn.reader().number()).descriptor(1, oldOut.writer().number())
                        .descriptor(2, oldOut.writer().number()).start()) {
            Bytes.write(oldIn.writer().number(), "unread ");
            String image = Thawing.dump(scratch, puppet);
            Bytes.write(in.writer().number(), "new");
            String[] arguments = {"--stdout", "file:" + scratch.path("log"), "--stderr", "fd:7", "--marker", "1=-- log --", "--marker", "2=-- err --",
                    image};

            List<String> failing = new ArrayList<>(List.of("restore", "--criu", criuWhoseRestore(scratch, criuDoes)));
            failing.addAll(List.of(arguments));
            thaw(scratch, in, err).run(failing.toArray(String[]::new)).expect(122).expectErr(said);
            assertFalse(ProcessCalls.exists(puppet.pid()));
            assertEquals("as it was", scratch.read("log"));
            assertEquals("", Bytes.available(err.reader().number()));
            assertEquals("new".length(), FdCalls.bytesAvailable(in.reader().number()));

            try (ThawProcess thaw = Thawing.restore(puppet, thaw(scratch, in, err), arguments)) {
                in.writer().close();
                assertEquals("unread new", puppet.eval("''.join(iter(lambda: read(0), ''))"));
                puppet.eval("write(1, 'first'); write(2, 'first')");
                assertEquals("-- log --\nfirst", scratch.read("log"));
                assertEquals("-- err --\nfirst", Bytes.readUntil(err.reader().number(), "first"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void a_marker_for_a_pipe_that_stays_full_is_not_waited_for(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe full = pipe();
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, old.writer().number()).start()) {
            String image = Thawing.dump(scratch, puppet);
            int room = FdCalls.getPipeSize(full.writer().number());
            Bytes.write(full.writer().number(), "x".repeat(room));

            ThawProcess.in(scratch).descriptor(7, full.writer().number()).run("restore", "--stdout", "fd:7", "--marker", "1=text", image)
                    .expect(124).expectErr("--marker 1: there is no room in own descriptor 7");
            assertFalse(ProcessCalls.exists(puppet.pid()));
            assertEquals(room, FdCalls.bytesAvailable(full.reader().number()));
        }
    }

    private static ThawProcess.Builder thaw(Scratch scratch, FdCalls.Pipe in, FdCalls.Pipe err) {
        return ThawProcess.in(scratch).descriptor(0, in.reader().number()).descriptor(7, err.writer().number());
    }

    private static String criuWhoseRestore(Scratch scratch, String does) {
        String script = "#!/bin/sh\ncase $1 in restore) " + does + ";; *) exec \"$THAW_CRIU\" \"$@\";; esac\n";
        FileCalls.writeFile(scratch.path("criu"), script.getBytes(StandardCharsets.US_ASCII), 0700);
        return scratch.path("criu");
    }

    private static FdCalls.Pipe pipe() {
        return FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    }
}
