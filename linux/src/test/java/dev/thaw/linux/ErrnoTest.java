package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ErrnoTest {

    @Test
    void an_error_has_a_name_and_a_text() {
        assertEquals("ENOENT", new Errno(Errno.ENOENT).name());
        assertEquals("No such file or directory", new Errno(Errno.ENOENT).text());
        assertEquals("EAGAIN (Resource temporarily unavailable)", new Errno(11).toString());
    }

    @Test
    void an_unknown_number_is_shown_as_such() {
        assertEquals("errno 4711 (unknown error)", new Errno(4711).toString());
    }

    @Test
    void a_failure_tells_the_call_and_the_reason() {
        LinuxException failure = new LinuxException("open(\"/x\", O_RDONLY)", new Errno(Errno.ENOENT));
        assertEquals("open(\"/x\", O_RDONLY): ENOENT (No such file or directory)", failure.getMessage());
        assertEquals("open(\"/x\", O_RDONLY)", failure.call());
        assertEquals(new Errno(2), failure.errno());
        assertTrue(failure.is(Errno.ENOENT));
        assertFalse(failure.is(Errno.EACCES));
    }
}
