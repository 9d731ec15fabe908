package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.ClockImages.Clocks;
import dev.thaw.image.FdType;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.Capabilities;
import dev.thaw.plan.RestorePlan;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ShortStartTest {
    private static final Clocks CLOCKS = new Clocks(1, 2, 3, 4);
    private static final CriuVersion KNOWN = new CriuVersion(4, 2, 1);
    private static final long ALL = (1L << Capabilities.CHECKPOINT_RESTORE + 1) - 1;

    private final ImageBuilder image = new ImageBuilder();

    @Test
    void image_without_what_is_probed_can_be_restored_so() {
        image.task(100).fd(1, image.pipeWriter(7)).fd(2, image.other(FdType.TIMERFD.number()));
        image.task(101).own("time", "pid");
        image.task(102).zombie(0);
        assertEquals(new ShortStart.Decision(Optional.of(new ShortStart(TaskImage.NO_LOGIN, Optional.of(CLOCKS))), ""), decide());
        assertEquals(Optional.of(new ShortStart(TaskImage.NO_LOGIN, Optional.empty())), decide(List.of(), switches(), KNOWN, ALL).start());
    }

    @Test
    void what_criu_would_do_otherwise_stands_against_it() {
        image.task(100);
        assertEquals("that is not known of criu 4.3", decide(List.of(CLOCKS), switches(), new CriuVersion(4, 3, 0), ALL).because());
        assertEquals("that is not known of criu 4.1.1", decide(List.of(CLOCKS), switches(), new CriuVersion(4, 1, 1), ALL).because());
        assertEquals("it has not all capabilities", decide(List.of(CLOCKS), switches(), KNOWN, ALL & ~(1L << Capabilities.SYS_TIME)).because());
        assertEquals("the image has TCP connections", decide(List.of(CLOCKS), switches(Optional.of("--tcp-established"), List.of()), KNOWN, ALL).because());
        assertEquals("criu is given options of the user's", decide(List.of(CLOCKS), switches(Optional.empty(), List.of("--lazy-pages")), KNOWN, ALL).because());
        assertEquals("the image has more than one time namespace", decide(List.of(CLOCKS, CLOCKS), switches(), KNOWN, ALL).because());
    }

    @Test
    void namespaces_other_than_those_of_pids_and_time_stand_against_it() {
        for (String kind : List.of("net", "mnt", "user")) {
            ImageBuilder other = new ImageBuilder();
            other.task(100);
            other.task(101).own("time", kind);
            assertEquals("the image has namespaces of its own",
                    ShortStart.decide(other.snapshot(), List.of(), switches(), KNOWN, ALL).because(), kind);
        }
    }

    @Test
    void files_of_the_network_stand_against_it() {
        for (FdType type : List.of(FdType.TUN, FdType.NAMESPACE, FdType.EXTERNAL)) {
            ImageBuilder other = new ImageBuilder();
            other.task(100).fd(3, other.other(type.number()));
            assertEquals("the image has a device or a namespace of the network open",
                    ShortStart.decide(other.snapshot(), List.of(), switches(), KNOWN, ALL).because(), type.toString());
        }
    }

    @Test
    void login_uid_has_to_be_ours() {
        image.task(100).loginUid(1000);
        ShortStart start = decide().start().orElseThrow();
        assertEquals(Optional.empty(), start.obstacle(false, OptionalLong.of(1000)));
        assertEquals(Optional.empty(), start.obstacle(false, OptionalLong.empty()));
        assertEquals(Optional.of("the login uid of the image, 1000, is not ours, 4294967295"), start.obstacle(false, OptionalLong.of(TaskImage.NO_LOGIN)));
        assertEquals(Optional.of("it has kept what it found in /run/criu.kdat"), start.obstacle(true, OptionalLong.of(1000)));
    }

    @Test
    void login_uids_that_differ_stand_against_it() {
        image.task(100).loginUid(1000);
        image.task(101);
        assertEquals("its processes have different login uids", decide().because());
    }

    private ShortStart.Decision decide() {
        return decide(List.of(CLOCKS), switches(), KNOWN, ALL);
    }

    private ShortStart.Decision decide(List<Clocks> clocks, RestorePlan.CriuSwitches switches, CriuVersion version, long capabilities) {
        return ShortStart.decide(image.snapshot(), clocks, switches, version, capabilities);
    }

    private static RestorePlan.CriuSwitches switches() {
        return switches(Optional.empty(), List.of());
    }

    private static RestorePlan.CriuSwitches switches(Optional<String> tcp, List<String> extra) {
        return new RestorePlan.CriuSwitches(false, false, tcp, false, false, extra);
    }
}
