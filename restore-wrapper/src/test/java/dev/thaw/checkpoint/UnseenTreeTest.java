package dev.thaw.checkpoint;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class UnseenTreeTest {
    @Test
    void root_that_may_not_look_is_not_told_to_be_root() {
        assertFalse(UnseenTree.remedy(true).contains("as root"));
        assertTrue(UnseenTree.remedy(true).contains("CAP_SYS_PTRACE"));
        assertTrue(UnseenTree.remedy(false).contains("or as root"));
    }
}
