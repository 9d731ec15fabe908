package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.ThawProcess;
import org.junit.jupiter.api.Test;

/** What a user may say of the cgroup that the tree and its files end in. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CgroupChoicesIT {

    @Test
    void the_tree_goes_back_into_its_own_cgroup_when_that_is_asked_for(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            open(puppet, old.file("cgroup.max.depth"), 5);
            String image = Thawing.dump(scratch, puppet);
            old.write("cgroup.max.depth", "9");
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image, "--cgroup", "original")) {
                assertTrue(old.processes().contains(puppet.pid()), now.processes() + " are in the other one");
                assertEquals("9\n", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            old.vanish();
            ThawProcess.in(scratch).cgroup(now).run("restore", image, "--cgroup", "original").expect(121)
                    .expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr("--cgroup original looks nowhere else");
        }
    }

    @Test
    void policy_says_what_a_file_without_a_counterpart_becomes(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2();
                TestCgroup now = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            old.child("only-here");
            now.write("cgroup.max.depth", "7");
            open(puppet, old.file("only-here/cgroup.max.depth"), 5);
            String image = Thawing.dump(scratch, puppet);
            old.vanish();

            ThawProcess.in(scratch).cgroup(now).run("restore", image, "--policy", policy(scratch, "error")).expect(121)
                    .expectErr("looked for it at " + now.file("only-here/cgroup.max.depth"));
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image, "--policy", policy(scratch, "nearest"))) {
                assertEquals(now.file("cgroup.max.depth"), puppet.fd(5).link());
                assertEquals("7\n", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).cgroup(now), image, "--policy", policy(scratch, "null"))) {
                assertEquals("/dev/null", puppet.fd(5).link());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    private static String policy(Scratch scratch, String missing) {
        return scratch.file(missing + ".yaml", "type: file\npath: /sys/fs/cgroup/**\naction: reopen\nto: cgroup\nmissing: '" + missing + "'\n");
    }

    private static void open(Puppet puppet, String path, int number) {
        puppet.eval("place(os.open('" + path + "', os.O_RDONLY), " + number + ")");
    }
}
