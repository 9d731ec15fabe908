package dev.thaw.launcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class ProgramTest {
    @TempDir
    Path directory;

    @Test
    void a_name_is_searched_in_the_path_of_the_childs_environment() {
        String program = write("tool", "#!/bin/sh\n", 0755);
        Program found = Program.find("tool", List.of("PATH=/nowhere:" + directory), Optional.empty());
        assertEquals(program, found.path());
        assertEquals("#!/bin/sh\n", found.script());
    }

    @Test
    void a_relative_path_starts_at_the_childs_directory() {
        write("tool", "#!/bin/sh\n", 0755);
        assertEquals("./tool", Program.find("./tool", List.of(), Optional.of(directory.toString())).path());
    }

    @Test
    void the_program_behind_links_is_known() {
        write("java-17", "", 0755);
        FileCalls.symlink("java-17", directory.resolve("java").toString());
        assertEquals("java-17", Program.find(directory.resolve("java").toString(), List.of(), Optional.empty()).name());
    }

    @Test
    void an_absent_program_is_not_found() {
        assertFalse(failure("no-such-program").found());
        assertFalse(failure(directory + "/absent").found());
        assertFalse(failure(write("file", "", 0644) + "/below").found());
    }

    @Test
    void a_file_without_permission_and_a_directory_cannot_be_executed() {
        assertTrue(failure(write("file", "", 0644)).found());
        assertTrue(failure(directory.toString()).found());
    }

    @Test
    void sections_of_an_elf_file_are_read() {
        assertTrue(Program.find("/bin/sh", List.of(), Optional.empty()).sections().contains(".text"));
        write("go", elf(".text", ".go.buildinfo"), 0755);
        assertEquals(Set.of("", ".text", ".go.buildinfo"), find("go").sections());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 63, 64, 100, 198})
    void a_cut_off_elf_file_has_no_sections(int length) {
        write("cut", elf(".text").substring(0, length), 0755);
        assertEquals(Set.of(), find("cut").sections());
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 58, 60, 62})
    void an_elf_file_with_nonsense_in_its_header_has_no_sections(int position) {
        char[] text = elf(".text").toCharArray();
        text[position] = text[position + 1] = 0xff;
        write("odd", new String(text), 0755);
        assertFalse(find("odd").sections().contains(".go.buildinfo"));
    }

    private Program find(String name) {
        return Program.find(directory.resolve(name).toString(), List.of(), Optional.empty());
    }

    private static NotStartable failure(String name) {
        return assertThrows(NotStartable.class, () -> Program.find(name, List.of("PATH=/bin"), Optional.empty()));
    }

    private String write(String name, String latin1, int mode) {
        String path = directory.resolve(name).toString();
        FileCalls.writeFile(path, latin1.getBytes(ISO_8859_1), mode);
        FileCalls.chmod(path, mode);
        return path;
    }

    /** A 64-bit ELF file with nothing but sections: the header, the names, the table. */
    private static String elf(String... sections) {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.write(0);
        int[] at = new int[sections.length];
        for (int i = 0; i < sections.length; i++) {
            at[i] = names.size();
            names.writeBytes((sections[i] + "\0").getBytes(US_ASCII));
        }
        int table = 64 + names.size();
        ByteBuffer file = ByteBuffer.allocate(table + 64 * (sections.length + 1)).order(ByteOrder.nativeOrder());
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        file.putLong(40, table).putShort(58, (short) 64).putShort(60, (short) (sections.length + 1)).putShort(62, (short) 0);
        file.position(64).put(names.toByteArray());
        file.putLong(table + 24, 64).putLong(table + 32, names.size());
        for (int i = 0; i < sections.length; i++) {
            file.putInt(table + 64 * (i + 1), at[i]);
        }
        return new String(file.array(), ISO_8859_1);
    }
}
