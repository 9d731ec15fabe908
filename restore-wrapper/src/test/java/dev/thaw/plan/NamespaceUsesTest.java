package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.NamespaceImage;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Namespaces that were declared external at the dump. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class NamespaceUsesTest {
    private final Scenario scenario = new Scenario();

    @BeforeEach
    void the_image_needs_two_namespaces_from_outside_and_has_one() {
        scenario.image.task(100).fd(1, scenario.image.pipeWriter(5));
        scenario.change(image -> Images.with(image, List.of(new NamespaceImage(NamespaceImage.Kind.NET, 2, Optional.of("extRootNetNS")),
                new NamespaceImage(NamespaceImage.Kind.PID, 1, Optional.of("extRootPidNS")),
                new NamespaceImage(NamespaceImage.Kind.UTS, 4, Optional.empty()))));
    }

    @Test
    void thaws_own_are_given_by_themselves() {
        assertEquals(List.of("1 <- own stdout REOPENED pipe:[5]", "NETWORK_NAMESPACE <- /proc/self/ns/net O_RDONLY BY_KEY extRootNetNS",
                "PID_NAMESPACE <- /proc/self/ns/pid O_RDONLY BY_KEY extRootPidNS"), scenario.handovers());
    }

    @Test
    void others_can_be_named_by_path_or_descriptor() {
        scenario.here.file("/run/netns/blue", 0).pipe(7, OpenFlags.O_RDONLY);
        scenario.map("net:extRootNetNS", "read:/run/netns/blue").map("pid:extRootPidNS", "fd:7");
        assertEquals(List.of("1 <- own stdout REOPENED pipe:[5]", "NETWORK_NAMESPACE <- /run/netns/blue O_RDONLY BY_KEY extRootNetNS",
                "PID_NAMESPACE <- own descriptor 7 BY_KEY extRootPidNS"), scenario.handovers());
    }

    @Test
    void what_is_no_namespace_is_a_problem() {
        scenario.map("net:extRootNetNS", "read:/run/netns/gone").map("pid:extRootPidNS", "null");
        assertEquals(List.of("--map net:extRootNetNS=read:/run/netns/gone: no namespace can be had from this",
                "--map pid:extRootPidNS=null: no namespace can be had from this"), scenario.whats());
    }

    @Test
    void a_name_that_the_image_does_not_have_is_unmatched() {
        scenario.map("net:other", "fd:7");
        assertEquals(List.of("--map net:other=fd:7: nothing in the image matches this key"), scenario.whats());
    }
}
