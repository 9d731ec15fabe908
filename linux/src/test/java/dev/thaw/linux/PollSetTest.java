package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class PollSetTest {

    @Test
    void each_descriptor_is_watched_for_its_own_events() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            PollSet set = new PollSet();
            int reader = set.add(pipe.reader().number(), FdCalls.POLLIN);
            int writer = set.add(pipe.writer().number(), FdCalls.POLLOUT);
            set.await(10_000);
            assertEquals(0, set.happened(reader));
            assertEquals(FdCalls.POLLOUT, set.happened(writer));

            FileCalls.writeFully(pipe.writer().number(), new byte[1]);
            set.clear();
            reader = set.add(pipe.reader().number(), FdCalls.POLLIN);
            writer = set.add(pipe.writer().number(), 0);
            set.await(10_000);
            assertEquals(FdCalls.POLLIN, set.happened(reader));
            assertEquals(0, set.happened(writer));
        }
    }

    @Test
    void it_grows_beyond_its_first_size() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            PollSet set = new PollSet();
            for (int i = 0; i < 1000; i++) {
                assertEquals(i, set.add(pipe.reader().number(), FdCalls.POLLIN));
            }
            assertEquals(1000, set.add(pipe.writer().number(), FdCalls.POLLOUT));
            set.await(10_000);
            assertEquals(0, set.happened(999));
            assertEquals(FdCalls.POLLOUT, set.happened(1000));
        }
    }

    @Test
    void a_wait_ends_when_its_time_has_passed() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            PollSet set = new PollSet();
            set.add(pipe.reader().number(), FdCalls.POLLIN);
            set.await(20);
            assertEquals(0, set.happened(0));
        }
    }
}
