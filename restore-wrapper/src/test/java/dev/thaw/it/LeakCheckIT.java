package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That the guard of the other tests finds what it is to find, and nothing else. */
@IntegrationTest
class LeakCheckIT {

    @Test
    void process_that_was_left_is_named_and_killed(Scratch scratch) {
        LeakCheck.State before = LeakCheck.State.now();
        Puppet puppet = Puppet.start(scratch);
        List<String> leaks = LeakCheck.leaksSince(before);
        assertEquals(1, leaks.size(), leaks.toString());
        assertTrue(leaks.get(0).startsWith("a process: pid " + puppet.pid() + " (python3"), leaks.get(0));
        assertFalse(ProcessCalls.exists(puppet.pid()));
        puppet.close();
    }

    @Test
    void orphan_in_a_session_of_its_own_is_found_as_well(Scratch scratch) {
        LeakCheck.State before = LeakCheck.State.now();
        Puppet puppet = Puppet.start(scratch);
        Puppet orphan = puppet.child("child").child("grandchild", "session=True");
        puppet.children().get(0).eval("die(signal.SIGKILL)");
        puppet.eval("leave(0)");
        puppet.awaitEnd();
        List<String> leaks = LeakCheck.leaksSince(before);
        assertEquals(1, leaks.size(), leaks.toString());
        assertTrue(leaks.get(0).startsWith("a process: pid " + orphan.pid() + " "), leaks.get(0));
        assertFalse(ProcessCalls.exists(orphan.pid()));
        puppet.close();
    }

    @Test
    void descriptor_that_was_left_is_named(Scratch scratch) {
        LeakCheck.State before = LeakCheck.State.now();
        scratch.file("left open", "");
        try (OwnedFd left = scratch.open("left open", OpenFlags.O_RDONLY)) {
            assertEquals(List.of("a descriptor of the test JVM: " + left.number() + " -> " + scratch.path("left open")),
                    LeakCheck.leaksSince(before));
        }
    }

    @Test
    void what_was_closed_and_ended_is_no_leak(Scratch scratch) {
        LeakCheck.State before = LeakCheck.State.now();
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.child("child").child("grandchild", "session=True");
            Bytes.write(pipe.writer().number(), "x");
        }
        assertEquals(List.of(), LeakCheck.leaksSince(before));
    }

    @Test
    @RequiresRoot
    void scratch_directory_with_a_mount_in_it_is_not_removed() {
        Scratch scratch = Scratch.create();
        String mounted = scratch.directory("mounted");
        scratch.file("file", "precious");
        ProcessCalls.mount("tmpfs", mounted, "tmpfs", 0, "");
        try {
            assertTrue(assertThrows(AssertionError.class, scratch::close).getMessage().contains(mounted));
            assertEquals("precious", scratch.read("file"));
        } finally {
            ProcessCalls.umount2(mounted, 0);
            scratch.close();
        }
        assertTrue(FileCalls.statIfExists(scratch.path()).isEmpty());
    }
}
