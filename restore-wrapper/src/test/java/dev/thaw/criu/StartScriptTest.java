package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartScriptTest {
    @Test
    void script_of_the_installer_says_what_it_starts() {
        assertEquals(List.of("/opt/c riu/ld", "--argv0", "criu", "$x;y"),
                StartScript.command("/bin/criu", "#!/bin/sh\nexec '/opt/c riu/ld' '--argv0' 'criu' '$x;y' \"$@\"\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\177ELF", "#!/bin/sh\nexec '/a'\\''b' \"$@\"\n", "#!/bin/sh\nX=1\nexec '/a' \"$@\"\n", "#!/bin/sh\nexec 'a' \"$@\"\n",
        "#!/bin/sh\nexec '/a' \"$@\"\necho\n", "#!/bin/sh\nexec \"$@\"\n"})
    void anything_else_is_started_as_it_is(String content) {
        assertEquals(List.of("/bin/criu"), StartScript.command("/bin/criu", content));
    }
}
