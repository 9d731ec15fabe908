package dev.thaw.launcher;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import dev.thaw.fdbroker.DescriptorDescription;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** A launch record as a file, and the parts of it that a manifest has too. Token by token: see {@link JsonMembers}. */
public final class LaunchRecordJson {
    private LaunchRecordJson() {}

    /** For people; as {@link KernelJson#pretty} would write it. */
    public static String pretty(LaunchRecord record) {
        return written(record, "  ");
    }

    /** In one line. */
    public static String line(LaunchRecord record) {
        return written(record, "");
    }

    /** @throws JsonParseException when the text is no JSON, or of another shape */
    static LaunchRecord read(String text) {
        return JsonMembers.read(text, LaunchRecordJson::record);
    }

    private static LaunchRecord record(JsonReader json) throws IOException {
        int format = 0;
        int pid = 0;
        long startTicks = 0;
        String name = null;
        String bootId = null;
        String started = null;
        String program = null;
        String directory = null;
        String beside = null;
        SessionPolicy session = null;
        List<String> command = null;
        List<DescriptorDescription> descriptors = null;
        List<Deposited> inBroker = null;
        json.beginObject();
        for (String member = JsonMembers.next(json); member != null; member = JsonMembers.next(json)) {
            switch (member) {
                case "format" -> format = json.nextInt();
                case "name" -> name = json.nextString();
                case "pid" -> pid = json.nextInt();
                case "startTicks" -> startTicks = json.nextLong();
                case "bootId" -> bootId = json.nextString();
                case "started" -> started = json.nextString();
                case "command" -> command = JsonMembers.list(json, JsonReader::nextString);
                case "program" -> program = json.nextString();
                case "directory" -> directory = json.nextString();
                case "session" -> session = SessionPolicy.valueOf(json.nextString());
                case "descriptors" -> descriptors = JsonMembers.list(json, LaunchRecordJson::descriptor);
                case "inBroker" -> inBroker = JsonMembers.list(json, LaunchRecordJson::deposited);
                case "beside" -> beside = json.nextString();
                default -> json.skipValue();
            }
        }
        return new LaunchRecord(format, name, pid, startTicks, bootId, started, command, program, directory, session, descriptors, inBroker, beside);
    }

    public static DescriptorDescription descriptor(JsonReader json) throws IOException {
        int fd = 0;
        int flags = 0;
        int mountId = 0;
        long device = 0;
        long inode = 0;
        long position = 0;
        String kind = null;
        String link = null;
        String key = null;
        String access = null;
        json.beginObject();
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
            switch (name) {
                case "fd" -> fd = json.nextInt();
                case "kind" -> kind = json.nextString();
                case "link" -> link = json.nextString();
                case "key" -> key = json.nextString();
                case "access" -> access = json.nextString();
                case "flags" -> flags = json.nextInt();
                case "device" -> device = json.nextLong();
                case "inode" -> inode = json.nextLong();
                case "mountId" -> mountId = json.nextInt();
                case "position" -> position = json.nextLong();
                default -> json.skipValue();
            }
        }
        return new DescriptorDescription(fd, kind, link, key, access, flags, device, inode, mountId, position);
    }

    public static Deposited deposited(JsonReader json) throws IOException {
        int access = 0;
        String name = null;
        String key = null;
        String socket = null;
        json.beginObject();
        for (String member = JsonMembers.next(json); member != null; member = JsonMembers.next(json)) {
            switch (member) {
                case "name" -> name = json.nextString();
                case "key" -> key = json.nextString();
                case "access" -> access = json.nextInt();
                case "socket" -> socket = json.nextString();
                default -> json.skipValue();
            }
        }
        return new Deposited(name, key, access, socket);
    }

    private static String written(LaunchRecord record, String indent) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.setIndent(indent);
            json.setSerializeNulls(false);
            write(json, record);
        } catch (IOException cannotBe) {
            throw new UncheckedIOException(cannotBe);
        }
        return KernelJson.escaped(text.toString());
    }

    private static void write(JsonWriter json, LaunchRecord record) throws IOException {
        json.beginObject();
        json.name("format").value(record.format());
        json.name("name").value(record.name());
        json.name("pid").value(record.pid());
        json.name("startTicks").value(record.startTicks());
        json.name("bootId").value(record.bootId());
        json.name("started").value(record.started());
        json.name("command").beginArray();
        for (String word : record.command()) {
            json.value(word);
        }
        json.endArray();
        json.name("program").value(record.program());
        json.name("directory").value(record.directory());
        json.name("session").value(record.session() == null ? null : record.session().name());
        json.name("descriptors").beginArray();
        for (DescriptorDescription descriptor : record.descriptors()) {
            write(json, descriptor);
        }
        json.endArray();
        json.name("inBroker").beginArray();
        for (Deposited deposited : record.inBroker()) {
            write(json, deposited);
        }
        json.endArray();
        json.name("beside").value(record.beside());
        json.endObject();
    }

    private static void write(JsonWriter json, DescriptorDescription descriptor) throws IOException {
        json.beginObject();
        json.name("fd").value(descriptor.fd());
        json.name("kind").value(descriptor.kind());
        json.name("link").value(descriptor.link());
        json.name("key").value(descriptor.key());
        json.name("access").value(descriptor.access());
        json.name("flags").value(descriptor.flags());
        json.name("device").value(descriptor.device());
        json.name("inode").value(descriptor.inode());
        json.name("mountId").value(descriptor.mountId());
        json.name("position").value(descriptor.position());
        json.endObject();
    }

    private static void write(JsonWriter json, Deposited deposited) throws IOException {
        json.beginObject();
        json.name("name").value(deposited.name());
        json.name("key").value(deposited.key());
        json.name("access").value(deposited.access());
        json.name("socket").value(deposited.socket());
        json.endObject();
    }
}
