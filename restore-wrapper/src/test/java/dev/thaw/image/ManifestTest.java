package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.image.ImageException.Kind;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ManifestTest {
    /** A path that is no UTF-8. */
    private static final String PATH = KernelString.decode(new byte[] {'/', 'x', (byte) 0xff, '"', '\n'});

    private static final Manifest MANIFEST = new Manifest(1, "0.1.0", "4.2.1", "/usr/sbin/criu", "2026-01-02T03:04:05.678Z", 100,
            List.of("app", PATH), List.of("--shell-job"), "6.18", "amd64", "4711", true,
            List.of(new Manifest.Process(100, "app",
                    List.of(new DescriptorDescription(3, "file", PATH, PATH.substring(1), "write", 1025, 254, 77, 27, 12)))),
            List.of(new Manifest.OtherEnd("pipe:[4]", 5, "cat", 0, "read")),
            List.of(new CgroupMembership(0, List.of(), "/a"), new CgroupMembership(3, List.of("cpu", "cpuacct"), "/")),
            List.of(new MountInfo(28, 25, 0, 26, "/", "/sys/fs/cgroup", "ro", "cgroup2", "cgroup2", "rw,nsdelegate")),
            List.of("a note"), 1 << 20, 46_000);

    @TempDir
    Path directory;

    private int fillings;

    @Test
    void what_is_written_is_read_again_bytes_that_are_no_text_included() {
        MANIFEST.write(directory.toString());
        assertEquals(Optional.of(MANIFEST), Manifest.read(directory.toString()));
        assertEquals(0600, FileCalls.stat(directory + "/manifest.json").permissions());
        assertEquals(Instant.ofEpochMilli(1767323045678L), MANIFEST.createdAt());
    }

    @Test
    void every_component_is_read_as_it_was_written() throws ReflectiveOperationException {
        Manifest filled = (Manifest) filled(Manifest.class);
        assertEquals(filled, Manifest.parse(filled.json()));
    }

    /** A value of the type in which nothing is as Java makes it, and no two components of a record are alike. */
    private Object filled(Type type) throws ReflectiveOperationException {
        if (type == int.class) {
            return ++fillings;
        }
        if (type == long.class) {
            return (1L << 40) + ++fillings;
        }
        if (type == boolean.class) {
            return true;
        }
        if (type == String.class) {
            return PATH + ++fillings;
        }
        if (type instanceof ParameterizedType list) {
            assertEquals(List.class, list.getRawType());
            return List.of(filled(list.getActualTypeArguments()[0]), filled(list.getActualTypeArguments()[0]));
        }
        RecordComponent[] components = ((Class<?>) type).getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = type == Manifest.class && i == 0 ? Manifest.FORMAT : filled(components[i].getGenericType());
        }
        return ((Class<?>) type).getDeclaredConstructor(types).newInstance(values);
    }

    @Test
    void images_that_thaw_did_not_write_have_none() {
        assertEquals(Optional.empty(), Manifest.read(directory.toString()));
    }

    @Test
    void members_that_are_unknown_or_missing_do_no_harm() {
        Manifest manifest = Manifest.parse("{\"format\":1,\"rootPid\":7,\"news\":{\"a\":[1,2]}}");
        assertEquals(7, manifest.rootPid());
        assertEquals(List.of(), manifest.processes());
    }

    @Test
    void null_is_as_good_as_nothing() {
        Manifest manifest = Manifest.parse("{\"format\":1,\"rootPid\":null,\"kernel\":null,\"notes\":null,\"compatibility\":null}");
        assertEquals(0, manifest.rootPid());
        assertEquals(null, manifest.kernel());
        assertEquals(List.of(), manifest.notes());
        assertEquals(Compatibility.UNKNOWN, manifest.compatibility());
    }

    @Test
    void another_format_is_told_as_such() {
        ImageException refused = assertThrows(ImageException.class, () -> Manifest.parse("{\"format\":2,\"processes\":17}"));
        assertEquals(Kind.UNSUPPORTED, refused.kind());
        assertEquals("manifest.json: of format 2, and this thaw reads format 1", refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "7", "null", "{\"format\":1,\"processes\":17}", "{\"format\":1,\"processes\":[{}]}", "{\"format\":\"x\"}",
            "{\"format\":1} {}", "{\"format\":1,\"notes\":[null]}", "{\"format\":1,\"rootPid\":\"x\"}", "{\"format\":1,\"cgroups\":[{}]}"})
    void a_file_that_is_no_manifest_is_corrupt(String text) {
        assertEquals(Kind.CORRUPT, assertThrows(ImageException.class, () -> Manifest.parse(text)).kind());
    }
}
