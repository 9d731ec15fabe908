package dev.thaw.plan;

import static dev.thaw.linux.OpenFlags.O_APPEND;
import static dev.thaw.linux.OpenFlags.O_LARGEFILE;
import static dev.thaw.linux.OpenFlags.O_RDONLY;
import static dev.thaw.linux.OpenFlags.O_RDWR;
import static dev.thaw.linux.OpenFlags.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.Owner;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FileStateTest {
    private static final int REGULAR = 0100000;

    private static FileImage.RegularFile recorded(int flags, OptionalLong size, OptionalInt mode) {
        return new FileImage.RegularFile(new FileId(FdType.REGULAR, 1), flags, 0, Owner.NONE, "/x", -1, size, false, mode, Optional.empty(),
                Optional.empty());
    }

    private static FileState after(int flags, long sizeThen, int modeThen, int modeNow, long sizeNow) {
        return FileState.of(recorded(flags, OptionalLong.of(sizeThen), OptionalInt.of(modeThen)), Optional.of(Here.status(modeNow, sizeNow)));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            O_RDONLY,          45, 45, unchanged
            O_RDONLY,          45, 51, its size was 45 and is 51
            O_RDONLY,          45, 0,  its size was 45 and is 0
            O_WRONLY,          45, 51, its size was 45 and is 51
            O_RDWR|O_APPEND,   45, 51, its size was 45 and is 51
            O_RDONLY|O_APPEND, 45, 51, its size was 45 and is 51
            O_WRONLY|O_APPEND, 45, 51, unchanged
            O_WRONLY|O_APPEND, 45, 0,  unchanged
            """)
    void a_file_has_to_have_its_old_size_unless_it_is_only_appended_to(String flags, long then, long now, String expected) {
        assertEquals(expected, after(flags(flags), then, REGULAR | 0644, REGULAR | 0644, now).text());
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            100644, 100644, unchanged
            100644, 100600, its mode was 0644 and is 0600
            100644, 104644, its mode was 0644 and is 4644
            100644, 040644, there is a directory now
            100644, 010644, there is a FIFO now
            100644, 140644, there is a socket now
            100644, 020644, there is a device now
            100644, 060644, there is a device now
            020666, 100666, there is a regular file now
            020666, 020666, unchanged
            """)
    void type_and_permissions_have_to_be_the_old_ones(String then, String now, String expected) {
        FileState state = after(O_WRONLY | O_APPEND, 0, Integer.parseInt(then, 8), Integer.parseInt(now, 8), 0);
        assertEquals(expected, state.text());
    }

    @Test
    void another_type_counts_before_another_size() {
        assertEquals(new FileState.OtherType("directory"), after(O_RDONLY, 45, REGULAR | 0644, 040755, 4096));
    }

    @Test
    void what_was_not_recorded_is_not_compared() {
        FileImage.RegularFile bare = recorded(O_RDONLY, OptionalLong.empty(), OptionalInt.empty());
        assertEquals(new FileState.Fits(), FileState.of(bare, Optional.of(Here.status(040700, 4096))));
    }

    @Test
    void a_missing_file_is_gone() {
        FileState state = FileState.of(recorded(O_RDONLY, OptionalLong.of(1), OptionalInt.of(REGULAR)), Optional.empty());
        assertEquals(new FileState.Gone(), state);
        assertEquals("it is not there any more", state.text());
    }

    @Test
    void a_file_of_four_gibibytes_that_grew_by_as_much_has_changed() {
        assertEquals("its size was 4294967296 and is 8589934592",
                after(O_RDONLY, 1L << 32, REGULAR | 0644, REGULAR | 0644, 1L << 33).text());
    }

    private static int flags(String text) {
        int flags = O_LARGEFILE;
        for (String flag : text.split("\\|")) {
            flags |= switch (flag) {
                case "O_RDONLY" -> O_RDONLY;
                case "O_WRONLY" -> O_WRONLY;
                case "O_RDWR" -> O_RDWR;
                default -> O_APPEND;
            };
        }
        return flags;
    }
}
