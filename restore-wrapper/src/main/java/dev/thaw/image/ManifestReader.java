package dev.thaw.image;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.launcher.Deposited;
import dev.thaw.launcher.JsonMembers;
import dev.thaw.launcher.LaunchRecordJson;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.io.IOException;
import java.util.List;

/** Reads a manifest token by token: see {@link JsonMembers}. */
final class ManifestReader {
    private ManifestReader() {}

    /** @throws JsonParseException when the text is no JSON, or of another shape */
    static Manifest read(String text) {
        return JsonMembers.read(text, ManifestReader::manifest);
    }

    private static Manifest manifest(JsonReader json) throws IOException {
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
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
            switch (name) {
                case "format" -> format = json.nextInt();
                case "thawVersion" -> thawVersion = json.nextString();
                case "criuVersion" -> criuVersion = json.nextString();
                case "criuPath" -> criuPath = json.nextString();
                case "created" -> created = json.nextString();
                case "rootPid" -> rootPid = json.nextInt();
                case "command" -> command = JsonMembers.list(json, JsonReader::nextString);
                case "criuOptions" -> criuOptions = JsonMembers.list(json, JsonReader::nextString);
                case "kernel" -> kernel = json.nextString();
                case "architecture" -> architecture = json.nextString();
                case "bootId" -> bootId = json.nextString();
                case "leftRunning" -> leftRunning = json.nextBoolean();
                case "processes" -> processes = JsonMembers.list(json, ManifestReader::process);
                case "outside" -> outside = JsonMembers.list(json, ManifestReader::otherEnd);
                case "cgroups" -> cgroups = JsonMembers.list(json, ManifestReader::membership);
                case "cgroupMounts" -> cgroupMounts = JsonMembers.list(json, ManifestReader::mount);
                case "notes" -> notes = JsonMembers.list(json, JsonReader::nextString);
                case "imageBytes" -> imageBytes = json.nextLong();
                case "frozenMicros" -> frozenMicros = json.nextLong();
                case "compatibility" -> compatibility = compatibility(json);
                case "inBroker" -> inBroker = JsonMembers.list(json, LaunchRecordJson::deposited);
                default -> json.skipValue();
            }
        }
        return new Manifest(format, thawVersion, criuVersion, criuPath, created, rootPid, command, criuOptions, kernel, architecture, bootId, leftRunning,
                processes, outside, cgroups, cgroupMounts, notes, imageBytes, frozenMicros, compatibility, inBroker);
    }

    private static Manifest.Process process(JsonReader json) throws IOException {
        int pid = 0;
        String command = null;
        List<DescriptorDescription> descriptors = null;
        json.beginObject();
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
            switch (name) {
                case "pid" -> pid = json.nextInt();
                case "command" -> command = json.nextString();
                case "descriptors" -> descriptors = JsonMembers.list(json, LaunchRecordJson::descriptor);
                default -> json.skipValue();
            }
        }
        return new Manifest.Process(pid, command, descriptors);
    }

    private static Manifest.OtherEnd otherEnd(JsonReader json) throws IOException {
        int pid = 0;
        int fd = 0;
        String key = null;
        String command = null;
        String access = null;
        json.beginObject();
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
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

    private static CgroupMembership membership(JsonReader json) throws IOException {
        int hierarchy = 0;
        List<String> controllers = null;
        String path = null;
        json.beginObject();
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
            switch (name) {
                case "hierarchy" -> hierarchy = json.nextInt();
                case "controllers" -> controllers = JsonMembers.list(json, JsonReader::nextString);
                case "path" -> path = json.nextString();
                default -> json.skipValue();
            }
        }
        return new CgroupMembership(hierarchy, controllers, path);
    }

    private static MountInfo mount(JsonReader json) throws IOException {
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
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
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

    private static Compatibility compatibility(JsonReader json) throws IOException {
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
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
            switch (name) {
                case "command" -> command = JsonMembers.list(json, JsonReader::nextString);
                case "program" -> program = JsonMembers.list(json, ManifestReader::file);
                case "files" -> files = JsonMembers.list(json, ManifestReader::file);
                case "cpuFlags" -> cpuFlags = JsonMembers.list(json, JsonReader::nextString);
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

    private static Compatibility.FileIdentity file(JsonReader json) throws IOException {
        long size = 0;
        long modifiedNanos = 0;
        String path = null;
        String buildId = null;
        json.beginObject();
        for (String name = JsonMembers.next(json); name != null; name = JsonMembers.next(json)) {
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
}
