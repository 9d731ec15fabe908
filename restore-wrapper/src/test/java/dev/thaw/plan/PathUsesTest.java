package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FileSpec;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TaskSpec;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

/** Executables, mappings, working and root directories. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class PathUsesTest {
    private final Scenario scenario = new Scenario();
    private final TaskSpec root = scenario.image.task(100).command("shop");

    @BeforeEach
    void the_program_has_moved() {
        FileSpec program = scenario.image.regular("/opt/old/shop").mode(0100755).size(5000);
        FileSpec directory = scenario.image.regular("/opt/old").mode(0040755);
        FileSpec top = scenario.image.regular("/").mode(0040755);
        root.executable(program).maps(program).directories(directory, top);
        scenario.here.directory("/");
    }

    private void nothingHasMoved() {
        scenario.here.directory("/opt/old").exists("/opt/old/shop", 0100755, 5000);
    }

    @Test
    void what_has_not_changed_is_left_to_criu() {
        nothingHasMoved();
        assertEquals(List.of(), scenario.handovers());
    }

    @Test
    void what_is_gone_is_a_problem_each() {
        assertEquals(List.of("the executable of pid 100 and 1 more needs /opt/old/shop", "the working directory of pid 100 needs /opt/old"),
                scenario.whats());
        assertEquals(PlanProblem.of("the executable of pid 100 and 1 more needs /opt/old/shop",
                "it is not there any more: memory that was mapped from it must be mapped from the same content",
                "put back the version that was there at the checkpoint", "--map '/opt/old/shop=/path/of/the/same/version'"),
                scenario.problems().get(0));
        assertEquals(List.of("mkdir -p '/opt/old'", "--map '/opt/old=/other/directory'"), scenario.problems().get(1).tries());
    }

    @Test
    void an_upgraded_program_is_a_problem() {
        scenario.here.directory("/opt/old").exists("/opt/old/shop", 0100755, 6000);
        assertEquals(List.of("its size was 5000 and is 6000: memory that was mapped from it must be mapped from the same content"),
                scenario.problems().get(0).because());
    }

    @Test
    void a_moved_program_and_directory_are_handed_over_by_their_paths() {
        scenario.here.directory("/opt/new").exists("/opt/new/shop", 0100755, 5000);
        scenario.map("/opt/old/shop", "/opt/new/shop").map("/opt/old", "/opt/new");
        assertEquals(List.of("EXECUTABLE MAPPING <- /opt/new/shop O_RDONLY BY_KEY opt/old/shop",
                "WORKING_DIRECTORY <- /opt/new O_RDONLY|O_DIRECTORY BY_KEY opt/old"), scenario.handovers());
    }

    @Test
    void two_entries_of_one_path_are_one_handover() {
        root.maps(scenario.image.regular("/opt/old/shop").mode(0100755).size(5000));
        scenario.here.directory("/opt/old").exists("/opt/new/shop", 0100755, 5000);
        scenario.map("/opt/old/*", "/opt/new/shop");
        assertEquals(List.of("EXECUTABLE MAPPING MAPPING <- /opt/new/shop O_RDONLY BY_KEY opt/old/shop"), scenario.handovers());
    }

    @Test
    void an_open_descriptor_of_the_same_path_gets_one_of_its_own() {
        root.fd(7, scenario.image.regular("/opt/old/shop").mode(0100755).size(5000).position(64));
        scenario.here.directory("/opt/old").exists("/opt/new/shop", 0100755, 5000);
        scenario.map("/opt/old/shop", "/opt/new/shop");
        assertEquals(List.of("7 <- /opt/new/shop O_RDONLY at 64 TARGETED", "EXECUTABLE MAPPING <- /opt/new/shop O_RDONLY BY_KEY opt/old/shop"),
                scenario.handovers());
    }

    @Test
    void a_mapping_that_is_written_to_its_file_needs_one_that_can_be_written() {
        nothingHasMoved();
        root.maps(scenario.image.regular("/data/index").flags(OpenFlags.O_RDWR).mode(0100644).size(100));
        scenario.here.file("/data/index.new", 100);
        scenario.map("/data/index", "/data/index.new");
        assertEquals(List.of("MAPPING <- /data/index.new O_RDWR BY_KEY data/index"), scenario.handovers());
    }

    @Test
    void a_directory_whose_size_has_changed_is_opened_for_criu() {
        nothingHasMoved();
        scenario.image.task(101).directories(scenario.image.regular("/spool").mode(0040755).size(4096), scenario.image.regular("/").mode(0040755));
        scenario.here.exists("/spool", 0040755, 12288);
        assertEquals(List.of("WORKING_DIRECTORY@101 <- /spool O_RDONLY|O_DIRECTORY BY_KEY spool"), scenario.handovers());
        assertEquals("its size was 4096 and is 12288", scenario.handover(0).because());
    }

    @Test
    void only_another_path_can_take_the_place() {
        scenario.here.directory("/opt/old");
        scenario.map("/opt/old/shop", "null");
        assertEquals(List.of("--map /opt/old/shop=null: only another path can take the place of the executable of pid 100",
                "because: it is /opt/old/shop", "try: --map '/opt/old/shop=/other/path'"), scenario.problem());
    }

    @Test
    void the_other_path_has_to_be_there() {
        scenario.here.directory("/opt/old");
        scenario.map("/opt/old/shop", "/opt/new/shop");
        assertEquals(List.of("--map /opt/old/shop=/opt/new/shop: /opt/new/shop does not exist",
                "because: it is to become the executable of pid 100", "try: create it, or name another path"), scenario.problem());
    }

    @Test
    void a_rule_for_a_descriptor_does_not_touch_the_mapping_of_its_path() {
        nothingHasMoved();
        root.fd(7, scenario.image.regular("/opt/old/shop").mode(0100755).size(5000));
        scenario.here.file("/opt/new/shop", 5000);
        scenario.map("/opt/old/shop", "/opt/new/shop");
        assertEquals(List.of("7 <- /opt/new/shop O_RDONLY TARGETED"), scenario.handovers());
    }

    @Test
    void a_mapping_of_a_deleted_file_is_in_the_image() {
        nothingHasMoved();
        FileSpec deleted = scenario.image.regular("/opt/old/plugin.so").mode(0100644).size(10);
        scenario.image.remap(deleted, 1, RemapImage.Kind.GHOST);
        root.maps(deleted);
        assertEquals(List.of(), scenario.handovers());
    }

    @Test
    void in_a_mount_namespace_of_its_own_the_namespace_is_the_only_problem() {
        scenario.image.mount(6, 30, 5, "/", "");
        assertEquals(List.of("the image has a mount namespace of its own, with 1 mounts"), scenario.whats());
    }

    @Test
    void a_policy_names_the_new_places_too() {
        scenario.here.directory("/opt/new").exists("/opt/new/shop", 0100755, 5000);
        scenario.policy("file", "/opt/*/shop", "/opt/new/shop").policy("file", "/opt/old", "/opt/new");
        assertEquals(List.of("EXECUTABLE MAPPING <- /opt/new/shop O_RDONLY BY_KEY opt/old/shop",
                "WORKING_DIRECTORY <- /opt/new O_RDONLY|O_DIRECTORY BY_KEY opt/old"), scenario.handovers());
    }

    @Test
    void a_policy_for_something_else_leaves_the_problem_as_it_is() {
        scenario.here.directory("/opt/old");
        scenario.policy("file", "/opt/old/shop", "null").policy("pipe", "/opt/old/shop", "/opt/new/shop");
        assertEquals(List.of("the executable of pid 100 and 1 more needs /opt/old/shop"), scenario.whats());
    }
}
