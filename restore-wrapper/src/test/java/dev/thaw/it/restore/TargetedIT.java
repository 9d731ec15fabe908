package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isSame;
import static dev.thaw.it.restore.Thawing.pipeLink;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One descriptor of one process, and no other, though others have the same resource. */
@IntegrationTest
@RequiresCriu
class TargetedIT {

    @Test
    void one_of_three_children_gets_another_file_and_all_sharing_stays(Scratch scratch) {
        String data = scratch.file("data", "original");
        scratch.file("other", "replaced");
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                FdCalls.Pipe second = pipe();
                Puppet parent = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(2, old.writer().number())
                        .nullStreams().start()) {
            parent.eval("place(os.open('" + data + "', os.O_RDONLY), 5)");
            Puppet[] children = {parent.child("one"), parent.child("two"), parent.child("three")};
            for (Puppet child : children) {
                child.eval("place(os.open('" + data + "', os.O_RDONLY), 6); os.dup2(6, 7)");
            }
            Map<Integer, String> modes = Thawing.modes(children[1]);
            String image = Thawing.dump(scratch, parent);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, now.writer().number()).descriptor(2, now.writer().number())
                    .descriptor(9, second.writer().number());
            String worker = "fd:" + children[1].pid();
            try (ThawProcess thaw = Thawing.restore(parent, with, image, "--map", worker + "/6=read:" + scratch.path("other"), "--map",
                    worker + "/2=fd:9")) {
                assertEquals("replaced", children[1].eval("read(6)"));
                assertEquals("original", children[1].eval("read(7)"));
                assertFalse(isSame(children[1], 6, children[1], 7));
                for (Puppet child : new Puppet[] {children[0], children[2]}) {
                    assertEquals(modes, Thawing.modes(child));
                    assertEquals(data, child.fd(6).link());
                    assertEquals(pipeLink(now.reader().number()), child.fd(2).link());
                    assertFalse(isSame(child, 6, children[1], 7));
                }
                assertTrue(isSame(parent, 5, children[0], 5));
                assertTrue(isSame(parent, 5, children[1], 5));
                assertEquals(pipeLink(second.reader().number()), children[1].fd(2).link());
                assertEquals(pipeLink(now.reader().number()), children[1].fd(1).link());
                children[1].eval("write(1, 'out'); write(2, 'err of two')");
                assertEquals("err of two", Bytes.readUntil(second.reader().number(), "two"));
                assertEquals("out", Bytes.readUntil(now.reader().number(), "out"));
                Thawing.leave(parent, thaw);
            }
        }
    }

    @Test
    void each_child_gets_a_log_of_its_own(Scratch scratch) {
        try (FdCalls.Pipe old = pipe(); Puppet parent = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start()) {
            Puppet one = parent.child("one");
            Puppet two = parent.child("two");
            String image = Thawing.dump(scratch, parent);
            try (ThawProcess thaw = Thawing.restore(scratch, parent, image, "--stdout", "append:" + scratch.path("parent"),
                    "--map", "fd:" + one.pid() + "/1=append:" + scratch.path("one"),
                    "--map", "fd:" + two.pid() + "/1=append:" + scratch.path("two"))) {
                parent.eval("write(1, 'parent')");
                one.eval("write(1, 'one')");
                two.eval("write(1, 'two')");
                assertEquals("parent one two", String.join(" ", scratch.read("parent"), scratch.read("one"), scratch.read("two")));
                Thawing.leave(parent, thaw);
            }
        }
    }

    @Test
    void duplicates_are_split(Scratch scratch) {
        String log = scratch.file("log", "");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + log + "', os.O_WRONLY | os.O_APPEND), 5); os.dup2(5, 6); os.dup2(5, 7)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:6=append:" + scratch.path("six"))) {
                assertTrue(isSame(puppet, 5, puppet, 7));
                assertFalse(isSame(puppet, 5, puppet, 6));
                puppet.eval("write(5, 'five '); write(6, 'six'); write(7, 'seven')");
                assertEquals("five seven", scratch.read("log"));
                assertEquals("six", scratch.read("six"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void table_that_two_processes_share_changes_for_both(Scratch scratch) {
        String log = scratch.file("log", "");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + log + "', os.O_WRONLY | os.O_APPEND), 5)");
            Puppet twin = puppet.child("twin", "share_table=True");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=append:" + scratch.path("other"))) {
                puppet.eval("write(5, 'one ')");
                twin.eval("write(5, 'two'); os.close(5)");
                assertEquals("one two", scratch.read("other"));
                assertEquals(3, puppet.fdTable().size(), "still one table");
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void descriptor_that_an_epoll_set_holds_can_become_a_pipe_but_no_file(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.reader().number()).nullStreams().start()) {
            puppet.eval("e = select.epoll(); e.register(5, select.EPOLLIN)");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.run(scratch, "restore", image, "--map", "fd:5=read:" + scratch.file("file", "")).expect(121)
                    .expectErr("is watched by an epoll set and cannot become a file");
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, now.reader().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:9")) {
                assertEquals("[]", puppet.eval("e.poll(0)"));
                Bytes.write(now.writer().number(), "wake up");
                assertEquals("[(5, 1)]", puppet.eval("e.poll(5)"));
                assertEquals("wake up", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    private static FdCalls.Pipe pipe() {
        return FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    }
}
