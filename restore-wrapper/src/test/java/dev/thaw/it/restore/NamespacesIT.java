package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.thaw.it.Await;
import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.WaitStatus;
import org.junit.jupiter.api.Test;

/** Namespaces that were declared external at the dump: the application goes on in the one that is given by path or as a descriptor. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class NamespacesIT {
    private static final int NEWPID = 0x20000000;
    private static final int NEWNET = 0x40000000;

    @Test
    void another_network_namespace_is_given_by_path_and_by_descriptor(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch); Puppet other = Puppet.start(scratch)) {
            unshare(puppet, NEWNET);
            unshare(other, NEWNET);
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--external", "net[" + namespace(puppet.pid(), "net") + "]:shop")
                    .option("--network-lock", "skip").run();
            String path = "/proc/" + other.pid() + "/ns/net";

            try (ThawProcess thaw = Thawing.restore(scratch, puppet, "--map", "net:shop=" + path, image)) {
                assertEquals(namespace(other.pid(), "net"), namespace(puppet.pid(), "net"));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            try (OwnedFd descriptor = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
                    ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(9, descriptor.number()), "--map", "net:shop=fd:9", image)) {
                assertEquals(namespace(other.pid(), "net"), namespace(puppet.pid(), "net"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void another_pid_namespace_is_given_by_path_and_by_descriptor(Scratch scratch) {
        try (Puppet before = Puppet.start(scratch); Puppet now = Puppet.start(scratch)) {
            Puppet first = firstProcess(before);
            Puppet application = before.child("application", "session=True");
            assertEquals("2", application.eval("os.getpid()"));
            String image = scratch.path("images");
            Thawing.dumping(scratch, application, image).option("--external", "pid[" + namespace(first.pid(), "pid") + "]:shop").run();
            String path = "/proc/" + firstProcess(now).pid() + "/ns/pid";
            assertNotEquals(namespace(first.pid(), "pid"), FileCalls.stat(path).inode());

            restoreInto(scratch, application, path, ThawProcess.in(scratch), path, image);
            try (OwnedFd descriptor = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC)) {
                restoreInto(scratch, application, path, ThawProcess.in(scratch).descriptor(9, descriptor.number()), "fd:9", image);
            }
        }
    }

    private static void restoreInto(Scratch scratch, Puppet application, String namespace, ThawProcess.Builder with, String source, String image) {
        with.run("restore", "--detach", "--pid-file", scratch.path("pid"), "--map", "pid:shop=" + source, image).expect(0);
        int pid = Integer.parseInt(scratch.read("pid").strip());
        assertEquals(FileCalls.stat(namespace).inode(), namespace(pid, "pid"));
        assertEquals("2", application.eval("os.getpid()"));
        application.eval("leave(" + Puppet.CODE + ")");
        assertEquals(new WaitStatus.Exited(Puppet.CODE), Children.awaitEnd(pid, Await.LIMIT));
    }

    /** A pid namespace lives as long as its first process. @return that one; what {@code parent} forks later is in there too */
    private static Puppet firstProcess(Puppet parent) {
        parent.eval("signal.signal(signal.SIGCHLD, signal.SIG_IGN)"); // criu kills one that it has dumped, and nobody is to wait for it
        unshare(parent, NEWPID);
        return parent.child("first");
    }

    private static void unshare(Puppet puppet, int what) {
        assertEquals("0", puppet.eval("import ctypes; ctypes.CDLL(None).unshare(" + what + ")"));
    }

    private static long namespace(int pid, String kind) {
        return FileCalls.stat("/proc/" + pid + "/ns/" + kind).inode();
    }
}
