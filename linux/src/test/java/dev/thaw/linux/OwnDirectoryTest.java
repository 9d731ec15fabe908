package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class OwnDirectoryTest {
    private static final int NOBODY = 65534;

    private String above;
    private String directory;

    @BeforeEach
    void make(@TempDir Path scratch) {
        above = FileCalls.readlink(link(scratch.resolve("link"), scratch)) + "/above";
        directory = above + "/images";
        FileCalls.mkdir(above, 0755);
        FileCalls.mkdir(directory, 0700);
    }

    private static String link(Path link, Path target) {
        FileCalls.symlink(target.toString(), link.toString());
        return link.toString();
    }

    @Test
    void directory_is_ours_where_nobody_else_may_write_and_links_to_it_are_resolved() {
        assertEquals(Optional.of(directory), OwnDirectory.realPath(directory));
        FileCalls.symlink("images", above + "/link");
        assertEquals(Optional.of(directory), OwnDirectory.realPath(above + "/link/."));
        assertEquals(Optional.of("/"), OwnDirectory.realPath("/"));
    }

    @Test
    void directory_is_not_ours_where_others_may_write_here_or_above() {
        FileCalls.chmod(directory, 0770);
        assertEquals(Optional.empty(), OwnDirectory.realPath(directory));
        FileCalls.chmod(directory, 01777);
        assertEquals(Optional.empty(), OwnDirectory.realPath(directory), "others may add files, and change the content of theirs");
        FileCalls.chmod(directory, 0755);
        FileCalls.chmod(above, 0777);
        assertEquals(Optional.empty(), OwnDirectory.realPath(directory));
        FileCalls.chmod(above, 01777);
        assertEquals(Optional.of(directory), OwnDirectory.realPath(directory));
    }

    @Test
    void directory_of_somebody_else_is_not_ours_nor_is_one_below_it() {
        Assumptions.assumeTrue(ProcessCalls.geteuid() == 0);
        FileCalls.chown(directory, NOBODY, NOBODY);
        assertEquals(Optional.empty(), OwnDirectory.realPath(directory));
        FileCalls.chown(directory, 0, 0);
        FileCalls.chown(above, NOBODY, NOBODY);
        assertEquals(Optional.empty(), OwnDirectory.realPath(directory));
    }

    @Test
    void what_is_no_directory_is_not_ours() {
        assertEquals(Optional.empty(), OwnDirectory.realPath(above + "/missing"));
        assertEquals(Optional.empty(), OwnDirectory.realPath("/dev/null"));
    }
}
