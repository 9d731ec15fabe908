package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileImage;
import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Owner;
import dev.thaw.image.TaskSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The plan as a whole: all problems at once, keys that match nothing, the switches of criu, notes. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class RestorePlannerTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    @Nested
    class Problems {
        @Test
        void are_told_all_at_once() {
            root.fd(3, scenario.image.pipeReader(5)).fd(4, scenario.image.regular("/data/a").mode(0100644)).fd(5, scenario.image.other(31))
                    .executable(scenario.image.regular("/opt/shop").mode(0100755));
            scenario.map("pipe:[9]", "null").stderr("broker:log");
            assertEquals(List.of("no source for fd 3 of pid 100 (shop): pipe:[5], read end", "no source for fd 4 of pid 100 (shop): /data/a, read",
                    "--stderr broker:log: there is no broker to ask for 'log'", "the executable of pid 100 needs /opt/shop",
                    "--map pipe:[9]=null: nothing in the image matches this key",
                    "fd 5 of pid 100 (shop) is of a kind this version does not know (type 31)"), scenario.whats());
        }

        @Test
        void that_are_the_same_are_told_once() {
            root.fd(2, scenario.image.pipeWriter(5));
            scenario.image.task(101).fd(2, scenario.image.pipeWriter(6));
            scenario.map("fd:2", "null").map("fd:2", "null").map("fd:101/2", "broker:x");
            assertEquals(1, scenario.problems().size());
        }

        @Test
        void of_an_unknown_kind_name_what_wrote_it() {
            root.fd(5, scenario.image.other(31));
            assertEquals(List.of("fd 5 of pid 100 (shop) is of a kind this version does not know (type 31)",
                    "because: the image was written by a newer criu", "try: use a newer thaw", "try: restore it with criu itself"),
                    scenario.problem());
        }

        @Test
        void of_a_mount_namespace_name_who_can_restore_it() {
            scenario.image.mount(6, 30, 5, "/", "");
            assertEquals(List.of("the image has a mount namespace of its own, with 1 mounts",
                    "because: CRIU restores one only below a new root, and with a place for each mount that came from outside; thaw knows neither",
                    "try: restore it with the runtime that made the container",
                    "try: criu restore --root MOUNTPOINT --external 'mnt[NAME]:PATH' for each mount from outside"), scenario.problem());
        }

        @Test
        void a_world_that_was_not_asked_for_a_path_is_a_fault_of_the_caller() {
            root.fd(5, scenario.image.regular("/data/a").mode(0100644));
            ImageSnapshot image = scenario.snapshot();
            World blind = new World(java.util.Map.of(), java.util.Map.of(), List.of(), List.of(), Optional.empty());
            RestoreOptions options = RestoreOptions.automatic();
            assertEquals("the plan was not told about /data/a", assertThrows(IllegalStateException.class,
                    () -> RestorePlanner.plan(image, Optional.empty(), blind, options)).getMessage());
        }
    }

    @Nested
    class Keys {
        @ParameterizedTest
        @CsvSource({"'pipe:[5]'", "'socket:[5]'", "/no/such/file", "/no/**", "'tty[8803:1a]'", "memfd:x", "fd:101/5"})
        void that_match_nothing_are_an_error(String key) {
            scenario.map(key, "null");
            assertEquals(List.of("--map " + key + "=null: nothing in the image matches this key",
                    "because: CRIU would ignore such a key without a word", "try: thaw inspect " + scenario.snapshot().directory()
                            + " shows the keys there are", "try: --allow-unmatched, if it may match nothing"), scenario.problem());
        }

        @Test
        void may_match_nothing_when_the_user_says_so() {
            scenario.map("pipe:[5]", "null").allowUnmatched();
            assertEquals(List.of(), scenario.handovers());
        }

        @Test
        void of_a_policy_may_match_nothing() {
            scenario.policy("pipe", null, "null");
            assertEquals(List.of(), scenario.handovers());
        }

        @Test
        void that_only_match_a_mapping_match() {
            root.executable(scenario.image.regular("/opt/shop").mode(0100755));
            scenario.here.exists("/opt/new", 0100755, 0);
            scenario.map("/opt/shop", "/opt/new");
            assertEquals(1, scenario.handovers().size());
        }
    }

    @Nested
    class Switches {
        private RestorePlan.CriuSwitches switches() {
            return scenario.plan().criu();
        }

        @Test
        void are_few_for_a_plain_image() {
            root.fd(1, scenario.image.pipeWriter(5));
            assertEquals(new RestorePlan.CriuSwitches(false, false, Optional.empty(), false, false, List.of()), switches());
        }

        @Test
        void a_shell_job_is_one_exactly_when_the_root_leads_no_session() {
            assertFalse(switches().shellJob());
            root.session(42);
            assertTrue(switches().shellJob());
        }

        @Test
        void locks_are_taken_again() {
            scenario.image.lock(100, 5);
            assertTrue(switches().fileLocks());
        }

        @Test
        void uprobes_are_allowed_where_they_were() {
            scenario.change(Images::withUprobesAllowed);
            assertTrue(switches().allowUprobes());
        }

        @ParameterizedTest
        @CsvSource(textBlock = """
                # protocol, state, peer port
                6,  1, 443, true
                6,  8, 443, true
                6,  4, 443, true
                6, 10,   0, false
                6,  7,   0, false
                17, 1,  53, false
                """)
        void connections_are_kept_whatever_their_state(int protocol, int state, int peerPort, boolean expected) {
            connection(protocol, state, peerPort);
            assertEquals(expected ? Optional.of("--tcp-established") : Optional.empty(), switches().tcp());
        }

        @Test
        void connections_are_closed_where_the_dump_closed_them() {
            connection(6, 1, 443);
            scenario.image.tcpClose();
            assertEquals(Optional.of("--tcp-close"), switches().tcp());
        }

        @Test
        void a_connection_that_is_replaced_does_not_count() {
            connection(6, 1, 443);
            scenario.map("fd:7", "null");
            assertEquals(Optional.empty(), switches().tcp());
        }

        private void connection(int protocol, int state, int peerPort) {
            FileSpec socket = scenario.image.listener(50, 40000);
            root.fd(7, socket);
            scenario.change(image -> Images.with(image, new FileImage.InetSocket(socket.id(), 50, 2, protocol == 6 ? 1 : 2, protocol, state,
                    "127.0.0.1", 40000, "127.0.0.1", peerPort, 2, 0, 0, OptionalInt.empty(), Owner.NONE)));
        }

        @Test
        void sockets_with_a_named_peer_outside_are_connected_again() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            scenario.here.socket("/dev/log");
            assertTrue(switches().externalUnix());
        }

        @Test
        void a_socket_that_is_handed_over_needs_no_such_leave() {
            root.fd(1, scenario.image.unix(10).peer(11));
            scenario.image.unix(11).externPlaceholder().name("/run/systemd/journal/stdout");
            scenario.here.socket(1);
            assertEquals(List.of("1 <- own stdout BY_KEY socket:[10]"), scenario.handovers());
            assertFalse(switches().externalUnix());
        }

        @Test
        void when_the_only_such_socket_is_replaced_none_is() {
            root.fd(5, scenario.image.unix(10).datagram().peer(11));
            scenario.image.unix(11).externPlaceholder().name("/dev/log");
            scenario.map("fd:5", "null");
            assertFalse(switches().externalUnix());
        }
    }

    @Nested
    class ThePlan {
        @Test
        void names_images_root_and_numbers() {
            root.thread(102);
            RestorePlan plan = scenario.plan();
            assertEquals(scenario.snapshot().directory(), plan.imagesDirectory());
            assertEquals(100, plan.rootPid());
            assertEquals(List.of(100, 102), plan.numbers());
        }

        @Test
        void notes_streams_that_stay_closed() {
            root.fd(1, scenario.image.pipeWriter(5));
            assertEquals(List.of("fd 0 was closed in the application and stays so; give it one with --stdin SOURCE",
                    "fd 2 was closed in the application and stays so; give it one with --stderr SOURCE"), scenario.plan().notes());
        }

        @Test
        void is_the_same_for_the_same_question() {
            FileSpec out = scenario.image.pipeWriter(5);
            root.fd(1, out).fd(2, out).fd(7, scenario.image.regular("/data/a").mode(0100644).size(4));
            scenario.here.file("/data/a", 9);
            assertEquals(scenario.plan().toString().replaceAll("Bytes@?[^,]*", ""), scenario.plan().toString().replaceAll("Bytes@?[^,]*", ""));
        }

        @Test
        void has_nothing_for_a_process_that_had_ended() {
            scenario.image.task(101).zombie(0);
            assertEquals(List.of(), scenario.handovers());
        }
    }
}
