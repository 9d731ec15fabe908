package dev.thaw.image;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.launcher.Deposited;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a manifest token by token. Gson's models of its records are made by reflection, which takes a JVM longer than criu takes for a restore.
 * A member that is missing or null has the value that Java gives to a field; one that is not known is skipped.
 */
final class ManifestReader {
    private final JsonReader json;

    private ManifestReader(JsonReader json) {
        this.json = json;
    }

    /** Reads the value that comes next. */
    @FunctionalInterface
    private interface Element<T> {
        T read() throws IOException;
    }

    /** @throws JsonParseException when the text is no JSON, or of another shape */
    static Manifest read(String text) {
        try (JsonReader json = new JsonReader(new StringReader(text))) {
            Manifest manifest = new ManifestReader(json).manifest();
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("there is more behind it");
            }
            return manifest;
        } catch (JsonParseException e) {
            throw e;
        } catch (IOException | RuntimeException refusedByReaderOrConstructor) {
            throw new JsonParseException(refusedByReaderOrConstructor);
        }
    }

    private Manifest manifest() throws IOException {
        int format = 0;
        int rootPid = 0;
        long imageBytes = 0;
        long frozenMicros = 0;
        boolean leftRunning = false;
        String thawVersion = null;
        String criuVersion = null;
        String criuPath = null;
        String created = null;
        String kernel = null;
        String architecture = null;
        String bootId = null;
        List<String> command = null;
        List<String> criuOptions = null;
        List<String> notes = null;
        List<Manifest.Process> processes = null;
        List<Manifest.OtherEnd> outside = null;
        List<CgroupMembership> cgroups = null;
        List<MountInfo> cgroupMounts = null;
        Compatibility compatibility = null;
        List<Deposited> inBroker = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "format" -> format = json.nextInt();
                case "thawVersion" -> thawVersion = json.nextString();
                case "criuVersion" -> criuVersion = json.nextString();
                case "criuPath" -> criuPath = json.nextString();
                case "created" -> created = json.nextString();
                case "rootPid" -> rootPid = json.nextInt();
                case "command" -> command = list(json::nextString);
                case "criuOptions" -> criuOptions = list(json::nextString);
                case "kernel" -> kernel = json.nextString();
                case "architecture" -> architecture = json.nextString();
                case "bootId" -> bootId = json.nextString();
                case "leftRunning" -> leftRunning = json.nextBoolean();
                case "processes" -> processes = list(this::process);
                case "outside" -> outside = list(this::otherEnd);
                case "cgroups" -> cgroups = list(this::membership);
                case "cgroupMounts" -> cgroupMounts = list(this::mount);
                case "notes" -> notes = list(json::nextString);
                case "imageBytes" -> imageBytes = json.nextLong();
                case "frozenMicros" -> frozenMicros = json.nextLong();
                case "compatibility" -> compatibility = compatibility();
                case "inBroker" -> inBroker = list(this::deposited);
                default -> json.skipValue();
            }
        }
        return new Manifest(format, thawVersion, criuVersion, criuPath, created, rootPid, command, criuOptions, kernel, architecture, bootId, leftRunning,
                processes, outside, cgroups, cgroupMounts, notes, imageBytes, frozenMicros, compatibility, inBroker);
    }

    private Manifest.Process process() throws IOException {
        int pid = 0;
        String command = null;
        List<DescriptorDescription> descriptors = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "pid" -> pid = json.nextInt();
                case "command" -> command = json.nextString();
                case "descriptors" -> descriptors = list(this::descriptor);
                default -> json.skipValue();
            }
        }
        return new Manifest.Process(pid, command, descriptors);
    }

    private DescriptorDescription descriptor() throws IOException {
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
        for (String name = name(); name != null; name = name()) {
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

    private Manifest.OtherEnd otherEnd() throws IOException {
        int pid = 0;
        int fd = 0;
        String key = null;
        String command = null;
        String access = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "key" -> key = json.nextString();
                case "pid" -> pid = json.nextInt();
                case "command" -> command = json.nextString();
                case "fd" -> fd = json.nextInt();
                case "access" -> access = json.nextString();
                default -> json.skipValue();
            }
        }
        return new Manifest.OtherEnd(key, pid, command, fd, access);
    }

    private CgroupMembership membership() throws IOException {
        int hierarchy = 0;
        List<String> controllers = null;
        String path = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "hierarchy" -> hierarchy = json.nextInt();
                case "controllers" -> controllers = list(json::nextString);
                case "path" -> path = json.nextString();
                default -> json.skipValue();
            }
        }
        return new CgroupMembership(hierarchy, controllers, path);
    }

    private MountInfo mount() throws IOException {
        int mountId = 0;
        int parentId = 0;
        int major = 0;
        int minor = 0;
        String root = null;
        String mountPoint = null;
        String options = null;
        String fsType = null;
        String source = null;
        String superOptions = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "mountId" -> mountId = json.nextInt();
                case "parentId" -> parentId = json.nextInt();
                case "major" -> major = json.nextInt();
                case "minor" -> minor = json.nextInt();
                case "root" -> root = json.nextString();
                case "mountPoint" -> mountPoint = json.nextString();
                case "options" -> options = json.nextString();
                case "fsType" -> fsType = json.nextString();
                case "source" -> source = json.nextString();
                case "superOptions" -> superOptions = json.nextString();
                default -> json.skipValue();
            }
        }
        return new MountInfo(mountId, parentId, major, minor, root, mountPoint, options, fsType, source, superOptions);
    }

    private Compatibility compatibility() throws IOException {
        long monotonicMillis = 0;
        int uid = 0;
        int gid = 0;
        String cpuHash = null;
        String capabilities = null;
        List<String> command = null;
        List<Compatibility.FileIdentity> program = null;
        List<Compatibility.FileIdentity> files = null;
        List<String> cpuFlags = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "command" -> command = list(json::nextString);
                case "program" -> program = list(this::file);
                case "files" -> files = list(this::file);
                case "cpuFlags" -> cpuFlags = list(json::nextString);
                case "cpuHash" -> cpuHash = json.nextString();
                case "monotonicMillis" -> monotonicMillis = json.nextLong();
                case "uid" -> uid = json.nextInt();
                case "gid" -> gid = json.nextInt();
                case "capabilities" -> capabilities = json.nextString();
                default -> json.skipValue();
            }
        }
        return new Compatibility(command, program, files, cpuFlags, cpuHash, monotonicMillis, uid, gid, capabilities);
    }

    private Compatibility.FileIdentity file() throws IOException {
        long size = 0;
        long modifiedNanos = 0;
        String path = null;
        String buildId = null;
        json.beginObject();
        for (String name = name(); name != null; name = name()) {
            switch (name) {
                case "path" -> path = json.nextString();
                case "size" -> size = json.nextLong();
                case "modifiedNanos" -> modifiedNanos = json.nextLong();
                case "buildId" -> buildId = json.nextString();
                default -> json.skipValue();
            }
        }
        return new Compatibility.FileIdentity(path, size, modifiedNanos, buildId);
    }

    private Deposited deposited() throws IOException {
        int access = 0;
        String name = null;
        String key = null;
        String socket = null;
        json.beginObject();
        for (String member = name(); member != null; member = name()) {
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

    /** Of the next member that is not null; ends the object, and is null, when there is none. */
    private String name() throws IOException {
        while (json.hasNext()) {
            String name = json.nextName();
            if (json.peek() != JsonToken.NULL) {
                return name;
            }
            json.nextNull();
        }
        json.endObject();
        return null;
    }

    private <T> List<T> list(Element<T> element) throws IOException {
        List<T> elements = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            elements.add(element.read());
        }
        json.endArray();
        return elements;
    }
}
