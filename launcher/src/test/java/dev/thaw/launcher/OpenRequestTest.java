package dev.thaw.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.linux.OpenFlags;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class OpenRequestTest {
    @Test
    void a_path_alone_is_opened_for_reading() {
        assertEquals(new OpenRequest(5, "/x", OpenFlags.O_RDONLY), OpenRequest.parse("5=/x"));
    }

    @Test
    void a_mode_follows_the_last_colon() {
        int append = OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT;
        assertEquals(new OpenRequest(5, "/x:y", append), OpenRequest.parse("5=/x:y:append"));
        assertEquals(new OpenRequest(5, "/x", OpenFlags.O_RDWR | OpenFlags.O_CREAT), OpenRequest.parse("5=/x:rw"));
    }

    @Test
    void a_colon_without_a_mode_belongs_to_the_path() {
        assertEquals("/x:z", OpenRequest.parse("5=/x:z").path());
        assertEquals("/a=b", OpenRequest.parse("5=/a=b").path());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "=x", "5=", "x=/y", "-1=/y", "99999999999=/y"})
    void anything_else_is_said_with_the_form_that_is_wanted(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> OpenRequest.parse(text)).getMessage();
        assertEquals("'" + text + "' is not of the form N=PATH[:ro|wo|rw|append]", message);
    }
}
