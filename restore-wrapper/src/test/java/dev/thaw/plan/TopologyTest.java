package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.FileImage;
import dev.thaw.image.FileSpec;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskSpec;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class TopologyTest {
    private final ImageBuilder image = new ImageBuilder();
    private final TaskSpec root = image.task(100);

    /** Whether the other end of the file was outside. */
    private boolean isExternal(FileSpec spec) {
        ImageSnapshot snapshot = image.snapshot();
        Topology topology = new PlanInput(snapshot).topology();
        FileImage file = snapshot.files().get(spec.id());
        if (file instanceof FileImage.PipeEnd pipe) {
            return topology.isExternal(pipe);
        }
        return file instanceof FileImage.Tty tty ? topology.isExternal(tty) : topology.isExternal((FileImage.UnixSocket) file);
    }

    @Test
    void a_pipe_with_one_direction_only_ends_outside() {
        FileSpec writer = image.pipeWriter(5);
        root.fd(1, writer).fd(2, image.pipeWriter(5)).fd(3, image.pipeReader(6));
        assertTrue(isExternal(writer));
    }

    @Test
    void a_pipe_with_both_directions_is_inside_also_across_processes() {
        FileSpec writer = image.pipeWriter(5);
        FileSpec reader = image.pipeReader(5);
        root.fd(1, writer);
        image.task(101).fd(7, reader);
        assertFalse(isExternal(writer));
        assertFalse(isExternal(reader));
    }

    @Test
    void a_pipe_that_is_open_for_both_is_its_own_other_end() {
        FileSpec both = image.pipeWriter(5).flags(2);
        root.fd(1, both);
        assertFalse(isExternal(both));
    }

    @Test
    void an_entry_without_a_descriptor_is_no_end() {
        FileSpec writer = image.pipeWriter(5);
        image.pipeReader(5);
        root.fd(1, writer);
        assertTrue(isExternal(writer));
    }

    @Test
    void a_socket_ends_outside_when_only_a_stand_in_for_its_peer_is_there_or_not_even_that() {
        FileSpec toStandIn = image.unix(10).peer(11);
        image.unix(11).externPlaceholder();
        FileSpec toNobody = image.unix(20).peer(21);
        root.fd(3, toStandIn).fd(4, toNobody);
        assertTrue(isExternal(toStandIn));
        assertTrue(isExternal(toNobody));
    }

    @Test
    void a_socket_pair_in_the_tree_is_inside_and_unconnected_ones_are_too() {
        FileSpec one = image.unix(10).peer(11);
        FileSpec listening = image.unix(20).listening().name("/run/app.sock");
        root.fd(3, one).fd(4, image.unix(11).peer(10)).fd(5, listening);
        assertFalse(isExternal(one));
        assertFalse(isExternal(listening));
    }

    @Test
    void a_terminal_is_outside_without_its_master() {
        FileSpec slave = image.pty(3, false);
        FileSpec other = image.pty(4, false);
        FileSpec master = image.pty(4, true);
        root.fd(0, slave).fd(5, other).fd(6, master);
        assertTrue(isExternal(slave));
        assertFalse(isExternal(other));
        assertFalse(isExternal(master));
    }

    @Test
    void a_terminal_that_was_declared_external_or_of_which_nothing_is_known_is_outside() {
        FileSpec external = image.externalTty(2026, 0x8803, 0x1a);
        root.fd(0, external);
        assertTrue(isExternal(external));
    }

    @ParameterizedTest
    @CsvSource({"100, true", "0, false", "42, false"})
    void a_terminal_controls_a_session_whose_leader_is_in_the_tree(int session, boolean expected) {
        FileSpec slave = image.pty(3, false, session);
        root.fd(0, slave);
        ImageSnapshot snapshot = image.snapshot();
        FileImage.Tty tty = (FileImage.Tty) snapshot.files().get(slave.id());
        assertEquals(expected, new PlanInput(snapshot).topology().isControlling(tty));
    }

    @ParameterizedTest
    @CsvSource({"100, false", "42, true"})
    void a_root_that_leads_no_session_is_a_shell_job(int session, boolean expected) {
        root.session(session);
        assertEquals(expected, new PlanInput(image.snapshot()).topology().isShellJob());
    }
}
