package dev.thaw.it.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.Children;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** thaw as process 1 of containers of runc and crun, with the command and the capabilities of samples/kubernetes/pod.yaml. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"unshare", "runc", "crun"})
@Timeout(300)
class OciIT {
    /** Of Debian's package golang-github-containers-common: what podman and buildah put on containers, and in essence docker and containerd. */
    private static final String PROFILE = "/usr/share/containers/seccomp.json";

    private static final Duration BUILD_LIMIT = Duration.ofSeconds(180);

    @Test
    void an_application_that_a_container_of_runc_stops_goes_on_in_one_of_crun(Scratch scratch) {
        scratch.directory("volume");
        FileCalls.chmod(scratch.path("volume"), 0700);
        List<String> granted = words("add: \\[(.*)\\]");
        List<String> tooFew = granted.stream().filter(name -> !name.equals("NET_ADMIN")).toList();
        String first = life(scratch, "runc", "111", tooFew, Setting.PLAIN);
        assertTrue(first.startsWith("beat 1 limit 111\n"), first);

        String anew = life(scratch, "crun", "222", tooFew, Setting.PLAIN);
        assertTrue(anew.startsWith("beat 1 limit 222\n"), anew);
        String why = scratch.read("crun-222.err");
        assertTrue(why.contains("restoring needs CAP_NET_ADMIN, which this process does not have\n"), why);

        FileCalls.unlink(scratch.path("volume/image/current"));
        FileCalls.symlink("000001", scratch.path("volume/image/current"));
        String second = life(scratch, "crun", "333", granted, Setting.PLAIN);
        assertTrue(second.startsWith("beat " + (LimitTeller.beat(lastLine(first)) + 1) + " limit 333\n"), second + scratch.read("crun-333.err"));
        LimitTeller.assertAllTold(scratch.read("runc-111.err"), scratch.read("crun-333.err"));
    }

    @Test
    @RequiresTool("buildah") // with it come the engines' own rules
    void under_the_filter_of_engines_a_restore_works_and_a_checkpoint_is_refused_before_anything_is_stopped(Scratch scratch) {
        scratch.directory("volume");
        FileCalls.chmod(scratch.path("volume"), 0700);
        List<String> granted = words("add: \\[(.*)\\]");
        String first = life(scratch, "runc", "444", granted, Setting.PLAIN);

        String second = life(scratch, "runc", "555", granted, new Setting("", PROFILE, 128 + Signals.SIGTERM));

        assertTrue(second.startsWith("beat " + (LimitTeller.beat(lastLine(first)) + 1) + " limit 555\n"), second + scratch.read("runc-555.err"));
        LimitTeller.assertAllTold(scratch.read("runc-444.err"), scratch.read("runc-555.err"));
        String why = scratch.read("runc-555.err");
        assertTrue(why.contains(" is under a seccomp filter, and so is thaw\n") && why.contains("seccompProfile: {type: Unconfined}"), why);
    }

    @Test
    @RequiresTool({"buildah", "apt-cache", "dpkg-query"})
    void an_image_built_by_the_container_file_goes_on_in_the_next_container(Scratch scratch) {
        String criu = Path.of(CriuOnHost.path()).getParent().getParent().toString();
        assumeTrue(criu.equals("/opt/thaw/criu"), "the base of the image gets the criu of scripts/install-criu");
        scratch.directory("volume");
        FileCalls.chmod(scratch.path("volume"), 0700);
        try (OwnedFd said = scratch.open("build", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND);
                Program build = Program.with().nullDescriptor(0).descriptor(1, said.number()).descriptor(2, said.number()).start(List.of("unshare", "--mount",
                        Checkout.root().resolve("restore-wrapper/src/test/resources/container/image").toString(), scratch.path("store"),
                        Checkout.root().toString(), "shop", System.getProperty("java.home"), criu))) {
            assertEquals(0, Children.awaitEnd(build.pid(), BUILD_LIMIT).exitCode(), () -> scratch.read("build"));
        }
        List<String> granted = words("add: \\[(.*)\\]");
        Setting setting = new Setting("shop", "none", 0);

        String first = life(scratch, "runc", "666", granted, setting);
        assertTrue(first.startsWith("beat 1 limit 666\n"), first);
        String second = life(scratch, "crun", "777", granted, setting);
        assertTrue(second.startsWith("beat " + (LimitTeller.beat(lastLine(first)) + 1) + " limit 777\n"), second + scratch.read("crun-777.err"));
    }

    /**
     * @param image name of one in the store; empty for the machine's own files
     * @param seccomp a profile, or none
     * @param exitCode of the container after SIGTERM
     */
    private record Setting(String image, String seccomp, int exitCode) {
        static final Setting PLAIN = new Setting("", "none", 0);
    }

    /** Runs a container until it has said something, has it ended as an engine does, and returns all that it said. */
    private static String life(Scratch scratch, String runtime, String limit, List<String> capabilities, Setting setting) {
        String name = runtime + "-" + limit;
        List<String> line = new ArrayList<>(List.of("unshare", "--mount", Checkout.root().resolve("restore-wrapper/src/test/resources/container/oci").toString(),
                runtime, name, "/thaw-it-oci-" + ProcessCalls.getpid() + "-" + limit, scratch.path("volume"), Checkout.root().toString(), setting.seccomp()));
        List<String> command = words("command: \\[(.*)\\]");
        boolean own = setting.image().isEmpty();
        line.add(own ? Checkout.root().resolve(command.get(0)).toString() : command.get(0));
        line.addAll(command.subList(1, command.size() - 1));
        line.addAll(List.of("--status-fd", "2", "--")); // before it is up, a SIGTERM is the application's
        line.addAll(own ? List.of(Checkout.python(), "-c", LimitTeller.SCRIPT) : words("args: \\[(.*)\\]"));
        StringBuilder said = new StringBuilder();
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                OwnedFd err = scratch.open(name + ".err", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND);
                Program container = Program.with().nullDescriptor(0).descriptor(1, pipe.writer().number()).descriptor(2, err.number())
                        .environment("CAPABILITIES", "CAP_" + String.join(" CAP_", capabilities)).environment("DESCENDANTS", limit)
                        .environment("STORE", scratch.path("store")).environment("IMAGE", setting.image()).start(line)) {
            pipe.writer().close();
            Await.value(() -> "something of " + name + ", and that it is up: " + said + scratch.read(name + ".err"), Duration.ofSeconds(40),
                    () -> read(pipe, said) && isUp(scratch.read(name + ".err"), own) ? Optional.of(true) : Optional.empty());
            ProcessCalls.kill(container.pid(), Signals.SIGTERM);
            while (read(pipe, said)) {
                continue; // up to its end
            }
            assertEquals(setting.exitCode(), container.awaitEnd().exitCode(), scratch.read(name + ".err"));
        }
        return said.toString();
    }

    private static boolean isUp(String stderr, boolean tells) {
        return stderr.contains("\"event\":\"ready\"") && (!tells || !LimitTeller.told(stderr).isEmpty());
    }

    /** @return false at the end */
    private static boolean read(FdCalls.Pipe pipe, StringBuilder said) {
        byte[] buffer = new byte[4096];
        int count = FileCalls.read(pipe.reader().number(), buffer, 0, buffer.length);
        said.append(new String(buffer, 0, Math.max(0, count), StandardCharsets.US_ASCII));
        return count > 0;
    }

    private static List<String> words(String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(new String(FileCalls.readAll(Checkout.sample("kubernetes/pod.yaml")), StandardCharsets.UTF_8));
        assertTrue(found.find(), pattern);
        return List.of(found.group(1).replace("\"", "").split(", "));
    }

    private static String lastLine(String text) {
        List<String> lines = text.lines().toList();
        return lines.get(lines.size() - 1);
    }
}
