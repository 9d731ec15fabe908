package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.thaw.image.proto.Creds;
import dev.thaw.image.proto.Fown;
import dev.thaw.image.proto.MmEntry;
import dev.thaw.image.proto.PluginsEntry;
import dev.thaw.image.proto.RegEntry;
import dev.thaw.image.proto.VmaEntry;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FieldsTest {
    private static final int ROUNDS = 2000;

    private final Random random = new Random(20260102);

    private static Fields fields(byte[] message) {
        return new Fields("x.img", message, 0, message.length);
    }

    private static Fields fields(String hex) {
        return fields(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /** Small, large and negative ones. */
    private int number() {
        return random.nextInt() >> random.nextInt(32);
    }

    private long wide() {
        return random.nextLong() >> random.nextInt(64);
    }

    private RegEntry regular() {
        RegEntry.Builder reg = RegEntry.newBuilder().setId(number()).setFlags(number()).setPos(wide())
            .setFown(Fown.newBuilder().setUid(number()).setEuid(number()).setSignum(number()).setPidType(number()).setPid(number()))
            .setName(ByteString.copyFromUtf8("/tmp/" + "\u00e4".repeat(random.nextInt(200))));
        if (random.nextBoolean()) {
            reg.setMntId(number()).setSize(wide()).setExt(random.nextBoolean()).setMode(number());
        }
        for (int words = random.nextInt(6); words > 0; words--) {
            reg.addBuildId(number());
        }
        return reg.build();
    }

    private static void assertSame(RegEntry reg, Fields fields) {
        assertEquals(reg.getFlags(), fields.number(RegEntry.FLAGS_FIELD_NUMBER));
        assertEquals(reg.getPos(), fields.wide(RegEntry.POS_FIELD_NUMBER));
        assertEquals(Text.of(reg.getName()), fields.text(RegEntry.NAME_FIELD_NUMBER));
        assertEquals(reg.getMntId(), fields.signed(RegEntry.MNT_ID_FIELD_NUMBER, -1));
        assertEquals(reg.hasSize(), fields.hasNumber(RegEntry.SIZE_FIELD_NUMBER));
        assertEquals(reg.getSize(), fields.wide(RegEntry.SIZE_FIELD_NUMBER, 0));
        assertEquals(reg.getExt(), fields.flag(RegEntry.EXT_FIELD_NUMBER));
        assertEquals(reg.getMode(), fields.number(RegEntry.MODE_FIELD_NUMBER, 0));
        assertEquals(reg.getBuildIdList(), fields.numbers(RegEntry.BUILD_ID_FIELD_NUMBER));
        assertEquals(reg.getFown().getPid(), fields.part(RegEntry.FOWN_FIELD_NUMBER).number(Fown.PID_FIELD_NUMBER));
    }

    @Test
    void it_reads_what_protobuf_writes() {
        for (int round = 0; round < ROUNDS; round++) {
            RegEntry reg = regular();
            assertSame(reg, fields(reg.toByteArray()));
        }
    }

    @Test
    void what_protobuf_reads_of_damaged_bytes_is_read_as_well_and_the_same() throws InvalidProtocolBufferException {
        int read = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] message = regular().toByteArray();
            message[random.nextInt(message.length)] ^= (byte) (1 << random.nextInt(8));
            RegEntry expected;
            try {
                expected = RegEntry.parseFrom(message);
            } catch (InvalidProtocolBufferException damaged) {
                continue;
            }
            try {
                assertSame(expected, fields(message));
                read++;
            } catch (ImageException stricter) {
                // A part that is there twice by now, a group, or a field beyond the highest number.
                assertTrue(stricter.getMessage().contains("twice") || stricter.getMessage().contains("of type 3")
                    || stricter.getMessage().contains("number of a field"), stricter.getMessage());
            }
        }
        assertTrue(read > ROUNDS / 10, read + " were read");
    }

    @Test
    void repeated_messages_and_bytes_come_in_their_order() {
        MmEntry mm = MmEntry.newBuilder().setExeFileId(7).addVmas(VmaEntry.newBuilder().setShmid(1L << 40).setStatus(3))
            .addVmas(VmaEntry.newBuilder().setShmid(2).setStatus(-1)).build();
        List<Fields> vmas = fields(mm.toByteArray()).parts(MmEntry.VMAS_FIELD_NUMBER);
        assertEquals(List.of(1L << 40, 2L), vmas.stream().map(vma -> vma.wide(VmaEntry.SHMID_FIELD_NUMBER)).toList());
        assertEquals(List.of(3, -1), vmas.stream().map(vma -> vma.number(VmaEntry.STATUS_FIELD_NUMBER)).toList());
        PluginsEntry plugins = PluginsEntry.newBuilder().addPlugins(ByteString.copyFromUtf8("a")).addPlugins(ByteString.copyFromUtf8("b")).build();
        assertEquals(List.of("a", "b"), fields(plugins.toByteArray()).texts(PluginsEntry.PLUGINS_FIELD_NUMBER));
    }

    @Test
    void repeated_numbers_may_be_packed() {
        assertEquals(List.of(1, 300, 2), fields("58 01 5a 03 ac0202").numbers(Creds.CAP_EFF_FIELD_NUMBER));
        assertEquals(List.of(), fields("").numbers(Creds.CAP_EFF_FIELD_NUMBER));
    }

    @Test
    void fields_that_thaw_does_not_know_are_skipped() {
        Fields fields = fields("0d 01020304 11 0102030405060708 1a 01 ff 20 07");
        assertEquals(7, fields.number(4));
        assertEquals(4, fields.highest());
        assertEquals(9, fields.number(1, 9), "4 bytes are no varint");
    }

    @Test
    void the_last_of_two_numbers_counts() {
        assertEquals(2, fields("08 01 08 02").number(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        08                          | x.img: corrupt at byte 1: not an entry: a number has no end
        08 ffffffffffffffffffff01   | x.img: corrupt at byte 1: not an entry: a number has no end
        0a 05 61                    | x.img: corrupt at byte 0: not an entry: a field goes on behind the end
        0a ffffffffffffffffff01     | x.img: corrupt at byte 0: not an entry: a field goes on behind the end
        0d 0102                     | x.img: corrupt at byte 0: not an entry: a field goes on behind the end
        00 01                       | x.img: corrupt at byte 0: not an entry: the number of a field is wrong
        88ffffff7f 01               | x.img: corrupt at byte 0: not an entry: the number of a field is wrong
        0b 0c                       | x.img: corrupt at byte 0: not an entry: a field of type 3
        0f                          | x.img: corrupt at byte 0: not an entry: a field of type 7
        10 01                       | x.img: corrupt at byte 0: not an entry: field 1 is missing
        """)
    void what_is_wrong_is_told_with_its_byte(String hex, String message) {
        assertEquals(message, assertThrows(ImageException.class, () -> fields(hex).number(1)).getMessage());
    }

    @Test
    void a_part_that_is_there_twice_is_refused_and_one_that_is_missing_lacks_everything() {
        Fields fields = fields("12 02 0801 12 02 0802");
        assertEquals("x.img: corrupt at byte 0: not an entry: part 2 is there twice",
            assertThrows(ImageException.class, () -> fields.part(2)).getMessage());
        assertThrows(ImageException.class, () -> fields.part(3).number(1));
        assertEquals(List.of(1, 2), fields.parts(2).stream().map(part -> part.number(1)).toList());
    }

    @Test
    void packed_numbers_do_not_reach_into_the_next_field() {
        assertThrows(ImageException.class, () -> fields("5a 01 ac 02").numbers(Creds.CAP_EFF_FIELD_NUMBER));
    }
}
