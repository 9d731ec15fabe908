package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class GlobTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            /var/log/app.log,      /var/log/app.log,            true
            /var/log/app.log,      /var/log/appxlog,            false
            /var/log/app.log,      /var/log/app.log.1,          false
            /var/log/*.log,        /var/log/app.log,            true
            /var/log/*.log,        /var/log/.log,               true
            /var/log/*.log,        /var/log/shop/app.log,       false
            /var/*/app.log,        /var/log/app.log,            true
            /var/log/app.???,      /var/log/app.log,            true
            /var/log/app.???,      /var/log/app.lo,             false
            /var/log?app.log,      /var/log/app.log,            false
            /sys/fs/cgroup/**,     /sys/fs/cgroup/a/b/cpu.stat, true
            /sys/fs/cgroup/**,     /sys/fs/cgroup,              false
            /sys/**/cpu.stat,      /sys/fs/cgroup/cpu.stat,     true
            /var/log/**.log,       /var/log/shop/app.log,       true
            **,                    /anything/at/all,            true
            """)
    void a_star_stays_within_a_component_and_two_cross_them(String glob, String path, boolean expected) {
        assertEquals(expected, Glob.matches(glob, path));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            /log.[0-9],    /log.7,   true
            /log.[0-9],    /log.x,   false
            /log.[abc],    /log.b,   true
            /log.[!0-9],   /log.x,   true
            /log.[!0-9],   /log.7,   false
            /log.[^0-9],   /log.7,   false
            /log[!a]x,     /log/x,   false
            /log[.-0]x,    /log/x,   false
            /log.[]a],     /log.],   true
            /log.[!]a],    /log.],   false
            /log.[!]a],    /log.b,   true
            /log.[a-],     /log.-,   true
            /log.[-a],     /log.-,   true
            /log.[&&^[\\],  /log.&,  true
            /log.[&&^[\\],  /log.\\, true
            /log.[z-a],    /log.m,   false
            /log.[!z-a],   /log.m,   true
            /log.[é-ü],    /log.ö,   true
            /log.[😀-😂],  /log.😁,  true
            """)
    void a_set_is_one_character_of_a_component(String glob, String path, boolean expected) {
        assertEquals(expected, Glob.matches(glob, path.replace("\\\\", "\\")));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            /a[b,      /a[b,      true
            /a[!,      /a[!,      true
            /a[],      /a[],      true
            /a(b)+.$,  /a(b)+.$,  true
            /a(b)+.$,  /abb,      false
            '/a\\Eb*', '/a\\Ebc', true
            /😀*.log,  /😀1.log,  true
            /?.log,    /😀.log,   true
            """)
    void other_characters_stand_for_themselves(String glob, String path, boolean expected) {
        assertEquals(expected, Glob.matches(glob, path));
    }

    @ParameterizedTest
    @CsvSource({"/a*c, true", "/a**c, true", "/a?c, true", "/a[!x]c, true", "/abc, false"})
    void a_byte_that_is_no_character_and_a_newline_are_matched_like_others(String glob, boolean expected) {
        assertEquals(expected, Glob.matches(glob, "/a\udcffc"));
        assertEquals(expected, Glob.matches(glob, "/a\nc"));
    }
}
