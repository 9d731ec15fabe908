package dev.thaw.check.host;

import dev.thaw.check.host.HostFacts.Cgroups;
import dev.thaw.check.host.HostFacts.ConfigFile;
import dev.thaw.check.host.HostFacts.Limits;
import dev.thaw.check.host.HostFacts.Pids;
import dev.thaw.check.host.HostFacts.Rights;
import dev.thaw.check.host.HostFacts.RunDirectory;
import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.checkpoint.NetworkLocks;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.criu.CriuSearch;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.linux.proc.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Looks at this machine. Starts criu and small helpers, and changes nothing. */
public final class HostReader {
    private static final String LAST_PID = "/proc/sys/kernel/ns_last_pid";

    private final List<MountInfo> mounts = MountInfo.read(ProcessCalls.getpid());
    private final StatusFile self = StatusFile.read(ProcessCalls.getpid());
    private final Function<String, Optional<String>> variable;

    private HostReader(Function<String, Optional<String>> variable) {
        this.variable = variable;
    }

    /**
     * @param environment {@code KEY=VALUE}
     * @param variable looks one up
     * @param asked value of {@code --criu}, or empty
     */
    public static HostFacts read(List<String> environment, Function<String, Optional<String>> variable, String asked) {
        return new HostReader(variable).read(CriuLocator.thorough(environment).find(asked));
    }

    private HostFacts read(CriuSearch criu) {
        Optional<String> path = criu instanceof CriuBinary binary ? Optional.of(binary.path()) : Optional.empty();
        return new HostFacts(criu, path.map(Helpers::criuWarnings).orElse(List.of()), text("/proc/sys/kernel/osrelease").orElse("unknown"),
                FileCalls.lstatIfExists("/proc/self/ns/time").isPresent(), number("/proc/sys/vm/memfd_noexec"),
                path.map(program -> NetworkLocks.available(program, variable)).orElse(NetworkLock.SKIP), rights(), run(), cgroups(), pids(),
                configFiles(), limits(), new HostFacts.Leftovers(yards(), workDirectories(), Helpers.networkLocks(variable)));
    }

    private Rights rights() {
        String confined = text("/proc/self/attr/current").filter(label -> !label.startsWith("unconfined") && !label.equals("kernel")).orElse("");
        return new Rights(ProcessCalls.geteuid(), self.capEff(), Long.parseUnsignedLong(self.field("CapBnd"), 16), self.seccomp() != 0, !UserNamespace.isInitial(),
                confined.replace("\0", ""), number("/proc/sys/kernel/yama/ptrace_scope"));
    }

    private RunDirectory run() {
        String type = mounts.stream().filter(mount -> mount.mountPoint().equals("/run") || mount.mountPoint().equals("/"))
                .reduce((above, below) -> below.mountPoint().equals("/run") ? below : above).map(MountInfo::fsType).orElse("nothing");
        Optional<Long> age = FileCalls.lstatIfExists("/run/criu.kdat.tmp").map(FileStatus::modifiedNanos)
                .map(nanos -> System.currentTimeMillis() / 1000 - nanos / 1_000_000_000);
        return new RunDirectory(type, ProcessCalls.geteuid() == 0, age);
    }

    private Cgroups cgroups() {
        boolean unified = mounts.stream().anyMatch(mount -> mount.fsType().equals("cgroup2"));
        boolean old = mounts.stream().anyMatch(mount -> mount.fsType().equals("cgroup"));
        String layout = unified && old ? "hybrid" : unified ? "v2" : old ? "v1" : "";
        return new Cgroups(layout, CgroupMembership.read(ProcessCalls.getpid()).stream().map(CgroupMembership::path).distinct().toList());
    }

    private Pids pids() {
        int used = 0;
        for (int pid : ProcessTable.pids()) {
            used += ProcessTable.threads(pid).size();
        }
        return new Pids(number("/proc/sys/kernel/pid_max").orElse(0), number(LAST_PID).orElse(0), used, isWritable(LAST_PID), self.nsPid().size() > 1
                || !FileCalls.readlink("/proc/self/ns/pid").equals("pid:[4026531836]")); // PROC_PID_INIT_INO
    }

    /** The places that criu looks at (man 8 criu, configuration files). */
    private List<ConfigFile> configFiles() {
        List<String> paths = new ArrayList<>(List.of("/etc/criu/default.conf", "/etc/criu/runc.conf"));
        variable.apply("HOME").filter(home -> home.startsWith("/")).ifPresent(home -> paths.add(home + "/.criu/default.conf"));
        variable.apply("CRIU_CONFIG_FILE").filter(path -> !path.isEmpty()).ifPresent(paths::add);
        List<ConfigFile> found = new ArrayList<>();
        for (String path : paths) {
            text(path).ifPresent(content -> found.add(new ConfigFile(path,
                    content.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).toList())));
        }
        return found;
    }

    private Limits limits() {
        ProcessCalls.Limit files = ProcessCalls.noFileLimit();
        long available = text("/proc/meminfo").orElse("").lines().filter(line -> line.startsWith("MemAvailable:"))
                .map(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(Long.MAX_VALUE);
        return new Limits(files.soft(), files.hard(), available);
    }

    private List<String> yards() {
        return mounts.stream().map(MountInfo::mountPoint).filter(point -> point.matches(".*/\\.criu\\.cgyard\\.[^/]+")).distinct().toList();
    }

    private static List<String> workDirectories() {
        try {
            return FileCalls.list("/run").stream().filter(name -> name.matches("thaw-[0-9]+-[0-9a-f]{16}")).map(name -> "/run/" + name).toList();
        } catch (LinuxException notToBeSeen) {
            return List.of();
        }
    }

    private static boolean isWritable(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_WRONLY)) {
            return file.isOpen();
        } catch (LinuxException e) {
            return false;
        }
    }

    private static OptionalInt number(String path) {
        return text(path).filter(value -> value.matches("[0-9]{1,9}")).map(value -> OptionalInt.of(Integer.parseInt(value))).orElse(OptionalInt.empty());
    }

    /** Empty when there is no such file, or it cannot be read. */
    private static Optional<String> text(String path) {
        try {
            return Optional.of(KernelString.decode(FileCalls.readAll(path, 1 << 20)).strip());
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }
}
