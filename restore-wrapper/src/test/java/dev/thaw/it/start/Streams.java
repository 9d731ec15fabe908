package dev.thaw.it.start;

import dev.thaw.it.Bytes;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import java.time.Duration;

/** thaw in the foreground, with pipes of the test's for the application's standard input and output. */
final class Streams {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private Streams() {}

    static Attended start(Scratch scratch, String... arguments) {
        FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
        FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
        ThawProcess thaw = ThawProcess.in(scratch).limit(LIMIT).descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).start(arguments);
        in.reader().close();
        out.writer().close();
        return new Attended(thaw, in, out);
    }

    /** A thaw, and the test's ends of its application's streams. */
    record Attended(ThawProcess thaw, FdCalls.Pipe in, FdCalls.Pipe out) implements AutoCloseable {
        /** Needs {@code --status-fd 2}. */
        void awaitReady() {
            thaw.awaitErr("\"event\":\"ready\"");
        }

        void say(String line) {
            Bytes.write(in.writer().number(), line);
        }

        /** @return what the application says to this line, in one line */
        String ask(String line) {
            say(line);
            return Bytes.readUntil(out.reader().number(), "\n");
        }

        void closeInput() {
            in.writer().close();
        }

        String restOfOutput() {
            return Bytes.readToEnd(out.reader().number());
        }

        @Override
        public void close() {
            thaw.close();
            in.close();
            out.close();
        }
    }
}
