package dev.thaw.check.image;

import dev.thaw.compat.BuildId;
import dev.thaw.criu.CriuSearch;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.plan.Questions;
import dev.thaw.restore.PidHolders;
import dev.thaw.restore.Planning;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Looks at this machine with the eyes of an image. */
public final class ImageReader {
    private ImageReader() {}

    /**
     * @param name of the image, as the user gave it
     * @param criu that would restore it
     */
    public static ImageFacts read(String name, Planning planning, CriuSearch criu) {
        ImageSnapshot image = planning.image();
        ImageFacts.Machine machine = new ImageFacts.Machine(criu, ProcessCalls.geteuid(), ProcessCalls.capabilitiesEffective(),
                StatusFile.read(ProcessCalls.getpid()).seccomp() != 0, lsm(), available(), buildIds(image), new Takers(image).found(), addresses());
        return new ImageFacts(name, image, planning.manifest(), planning.result(), planning.mismatches(), PidHolders.of(Questions.numbers(image)), machine);
    }

    /** As criu looks (criu/lsm.c): by what the kernel shows in its own directory. */
    private static int lsm() {
        if (FileCalls.statIfExists("/sys/fs/selinux/enforce").isPresent()) {
            return 1;
        }
        return FileCalls.statIfExists("/sys/kernel/security/apparmor/profiles").isPresent() ? 2 : 0;
    }

    private static long available() {
        return line("/proc/meminfo").lines().filter(line -> line.startsWith("MemAvailable:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElse(Long.MAX_VALUE);
    }

    private static Map<String, String> buildIds(ImageSnapshot image) {
        Map<String, String> found = new HashMap<>();
        image.files().values().forEach(file -> {
            if (file instanceof RegularFile regular && regular.buildId().isPresent() && regular.remap().isEmpty() && image.mounts().isEmpty()) {
                String id = BuildId.of(regular.path());
                if (!id.isEmpty()) {
                    found.put(regular.path(), id);
                }
            }
        });
        return found;
    }

    private static List<String> addresses() {
        List<String> found = new ArrayList<>();
        try {
            NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses).map(InetAddress::getHostAddress)
                    .map(address -> address.replaceFirst("%.*", "")).forEach(found::add);
        } catch (SocketException none) {
            return found;
        }
        // All of 127/8 is local, whatever an interface says.
        found.add("127.0.0.1");
        return found;
    }

    private static String line(String path) {
        try {
            return KernelString.decode(FileCalls.readAll(path, 1 << 20)).strip();
        } catch (LinuxException notThere) {
            return "";
        }
    }
}
