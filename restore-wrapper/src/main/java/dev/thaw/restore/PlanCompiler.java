package dev.thaw.restore;

import dev.thaw.compile.CompiledPlan;
import dev.thaw.compile.RestoreProgram;
import dev.thaw.compile.ShellText;
import dev.thaw.compile.StreamKind;
import dev.thaw.compile.Variant;
import dev.thaw.compat.Mismatch;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Quarantine;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.OwnDescriptor;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.Questions;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.RestorePlanner;
import dev.thaw.plan.World;
import dev.thaw.policy.PolicyFile;
import dev.thaw.report.Report;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes the compiled plan of an image: plans a restore by default options for every sort of caller that the program tells apart, as if this
 * very moment. Where there is no such plan, there is no program, and the planner decides when the restore is wanted.
 */
public final class PlanCompiler {
    /** With more, looking at them takes a shell longer than a JVM needs to start. */
    private static final int MOST_FILES = 500;
    private static final int MOST_PROCESSES = 50;
    /** By which the shell becomes the one who attends to the application. */
    private static final String ENV = "/usr/bin/env";

    private final Planning planning;
    private final CriuBinary criu;
    private final ImageSnapshot image;
    private final String generation;
    private final Map<StreamKind, FileStatus> samples = new EnumMap<>(StreamKind.class);

    private PlanCompiler(Planning planning, CriuBinary criu) {
        this.planning = planning;
        this.criu = criu;
        this.image = planning.image();
        this.generation = planning.resolved().generationDir();
    }

    /** @param planning of an image of thaw's, made by default options for whoever called thaw */
    public static Optional<CompiledPlan> compile(Planning planning, CriuBinary criu) {
        return new PlanCompiler(planning, criu).compile();
    }

    /** Compiles the plan of an image, where that can be done, and leaves it beside the images for the next restore. */
    public static void leave(Planning planning, CriuBinary criu, Report report) {
        try {
            Optional<CompiledPlan> compiled = compile(planning, criu);
            compiled.ifPresent(plan -> write(planning, plan));
            report.detail(compiled.isPresent() ? "the plan was compiled, for " + compiled.get().variants().size() + " sorts of callers"
                    : "the plan was not compiled: a restore decides anew");
        } catch (LinuxException e) {
            report.detail("the plan was not compiled: " + e.getMessage());
        }
    }

    /** Writes the program and what it uses beside the images; the program itself last. */
    private static void write(Planning planning, CompiledPlan plan) {
        FileCalls.mkdir(plan.directory(), 0700);
        for (Variant variant : plan.variants()) {
            if (!variant.imagesDirectory().equals(plan.generation()) && FileCalls.lstatIfExists(variant.imagesDirectory()).isEmpty()) {
                OverlayDirectory.write(planning.image(), variant.plan().overlay().orElseThrow(), variant.imagesDirectory());
            }
        }
        FileCalls.writeFile(plan.directory() + "/" + CompiledPlan.FILES, KernelString.encode(RestoreProgram.files(plan)), 0600);
        FileCalls.writeFile(plan.directory() + "/" + CompiledPlan.PROOF, KernelString.encode(RestoreProgram.proof(plan)), 0700);
        FileCalls.writeFile(plan.generation() + "/" + CompiledPlan.PROGRAM, KernelString.encode(RestoreProgram.text(plan)), 0600);
    }

    private Optional<CompiledPlan> compile() {
        boolean usual = planning.manifest().isPresent() && generation.startsWith("/") && !CriuPrivileges.areLimited()
                && image.tasks().size() <= MOST_PROCESSES && image.root().ids().pid() == image.inventory().rootIds().pid()
                && criu.features().concurrentRestores() && criu.path().startsWith("/")
                && planning.mismatches().stream().allMatch(mismatch -> mismatch.severity() == Mismatch.Severity.NOTE)
                && FileCalls.statIfExists(generation + "/" + PolicyFile.NAME).isEmpty()
                && FileCalls.statIfExists(ENV).isPresent()
                // Whether thaw is under a filter too, Java looks.
                && image.tasks().stream().noneMatch(TaskImage::isFiltered)
                // A shell cannot ask the broker.
                && planning.manifest().get().inBroker().isEmpty();
        if (!usual) {
            return Optional.empty();
        }
        List<String> files = files();
        if (files.size() > MOST_FILES) {
            return Optional.empty();
        }
        readSamples();
        Set<Integer> streams = streamsUsed();
        List<Variant> variants = variants(streams);
        if (variants.isEmpty()) {
            return Optional.empty();
        }
        List<String> fingerprint = files.stream().map(file -> fingerprint(FileCalls.lstat(file))).toList();
        return Optional.of(new CompiledPlan(generation, generation + "/" + CompiledPlan.DIRECTORY, variants.get(0).plan().rootPid(), Questions.numbers(image),
                machine(files), "%016x".formatted(ProcessCalls.capabilitiesPermitted()),
                dependsOnCgroup() ? Optional.of(text("/proc/self/cgroup")) : Optional.empty(),
                List.of(Quarantine.path(generation), generation + "/" + PolicyFile.NAME), files, fingerprint, criu.path(), attendable(), lockable(), streams,
                variants));
    }

    /** Images, criu, and what runs and is mapped. */
    private List<String> files() {
        List<String> files = new ArrayList<>();
        for (String name : FileCalls.list(generation)) {
            if (name.endsWith(".img") || name.equals("manifest.json")) {
                files.add(generation + "/" + name);
            }
        }
        add(criu.path(), files);
        add(ENV, files);
        planning.manifest().orElseThrow().compatibility().files().forEach(file -> files.add(file.path()));
        return files;
    }

    /** A link as well as what it leads to: neither may change. */
    private static void add(String program, List<String> files) {
        files.add(program);
        if (!FileCalls.lstat(program).isRegular()) {
            try (OwnedFd file = FileCalls.open(program, OpenFlags.O_PATH)) {
                files.add(FileCalls.readlink("/proc/self/fd/" + file.number()));
            }
        }
    }

    private static boolean attendable() {
        return HelperCommand.run(ENV + " --block-signal=TERM true", Map.of(), Duration.ofSeconds(5)).succeeded();
    }

    /** Not every file system has locks. */
    private boolean lockable() {
        return HelperCommand.run(CompiledPlan.LOCK + " " + ShellText.quote(generation) + " true", Map.of(), Duration.ofSeconds(5)).succeeded();
    }

    private CompiledPlan.Machine machine(List<String> files) {
        String processor = text("/proc/cpuinfo").lines().filter(line -> line.startsWith("flags") || line.startsWith("Features")).findFirst().orElse("");
        // Without the image of a time namespace, waits of the application would be by the new clocks.
        boolean keepsClocks = files.stream().anyMatch(file -> file.matches(".*/timens-[0-9]+\\.img")) && !processor.isEmpty();
        return new CompiledPlan.Machine(text("/proc/sys/kernel/random/boot_id").strip(), keepsClocks, text("/proc/sys/kernel/osrelease").strip(), processor);
    }

    private static String fingerprint(FileStatus status) {
        return "%x %d %d %d %d.%09d".formatted(status.mode(), status.uid(), status.size(), status.inode(), Math.floorDiv(status.modifiedNanos(), 1_000_000_000L),
                Math.floorMod(status.modifiedNanos(), 1_000_000_000L));
    }

    private boolean dependsOnCgroup() {
        return image.files().values().stream()
                .map(file -> file instanceof FileImage.RegularFile regular ? regular.path() : "")
                .anyMatch(path -> planning.world().cgroupMounts().stream().anyMatch(mount -> path.startsWith(mount.mountPoint() + "/")));
    }

    private void readSamples() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            samples.put(StreamKind.PIPE, FileCalls.fstat(pipe.writer().number()));
        }
        OwnedFd[] sockets = SocketCalls.socketpair(SocketCalls.SOCK_STREAM);
        samples.put(StreamKind.SOCKET, FileCalls.fstat(sockets[0].number()));
        sockets[0].close();
        sockets[1].close();
        samples.put(StreamKind.NULL, FileCalls.stat("/dev/null"));
        samples.put(StreamKind.FILE, FileCalls.stat(generation + "/manifest.json"));
    }

    /** Streams that become sources of something, whatever they are. */
    private Set<Integer> streamsUsed() {
        Set<Integer> used = new TreeSet<>();
        for (StreamKind kind : StreamKind.values()) {
            plan(List.of(kind, kind, kind), false).ifPresent(plan -> plan.handovers().stream().map(Handover::opening)
                    .filter(Opening.Own.class::isInstance).forEach(opening -> used.add(((Opening.Own) opening).number())));
        }
        return used;
    }

    private List<Variant> variants(Set<Integer> streams) {
        Map<RestorePlan.OverlayEdits, String> overlays = new LinkedHashMap<>();
        List<Variant> variants = new ArrayList<>();
        for (StreamKind in : kinds(streams, 0)) {
            for (StreamKind out : kinds(streams, 1)) {
                for (StreamKind err : kinds(streams, 2)) {
                    String letters = letter(streams, 0, in) + letter(streams, 1, out) + letter(streams, 2, err);
                    add(plan(List.of(in, out, err), false), letters, overlays, variants);
                    if (out == err && streams.contains(1) && streams.contains(2)) {
                        add(plan(List.of(in, out, err), true), letters + "=", overlays, variants);
                    }
                }
            }
        }
        return variants;
    }

    private void add(Optional<RestorePlan> plan, String streams, Map<RestorePlan.OverlayEdits, String> overlays, List<Variant> variants) {
        plan.ifPresent(found -> {
            String images = found.overlay().map(edits -> overlays.computeIfAbsent(edits,
                    same -> generation + "/" + CompiledPlan.DIRECTORY + "/images-" + (overlays.size() + 1))).orElse(generation);
            Variant variant = new Variant(streams, images, found);
            if (variant.isExpressible()) {
                variants.add(variant);
            }
        });
    }

    private static List<StreamKind> kinds(Set<Integer> streams, int stream) {
        return streams.contains(stream) ? List.of(StreamKind.values()) : List.of(StreamKind.NULL);
    }

    private static String letter(Set<Integer> streams, int stream, StreamKind kind) {
        return streams.contains(stream) ? Character.toString(kind.letter()) : "-";
    }

    /** @param shared whether standard output and error are one open file description */
    private Optional<RestorePlan> plan(List<StreamKind> kinds, boolean shared) {
        Map<Integer, OwnDescriptor> own = new TreeMap<>();
        for (int stream = 0; stream <= 2; stream++) {
            StreamKind kind = kinds.get(stream);
            int access = kind == StreamKind.NULL || kind == StreamKind.SOCKET ? OpenFlags.O_RDWR : stream == 0 ? OpenFlags.O_RDONLY : OpenFlags.O_WRONLY;
            int flags = access | (kind == StreamKind.FILE ? OpenFlags.O_APPEND : 0);
            own.put(stream, new OwnDescriptor(stream, samples.get(kind), flags, link(kind), shared && stream == 2 ? 1 : stream, false, false, false));
        }
        World now = planning.world();
        World world = new World(own, now.paths(), now.cgroups(), now.cgroupMounts(), now.brokerNames());
        Optional<CgroupFiles.View> recorded = planning.manifest().map(entry -> new CgroupFiles.View(entry.cgroups(), entry.cgroupMounts()));
        return RestorePlanner.plan(image, recorded, world, RestoreOptions.automatic()) instanceof PlanResult.Ready ready ? Optional.of(ready.plan())
                : Optional.empty();
    }

    private static String link(StreamKind kind) {
        switch (kind) {
            case PIPE:
                return "pipe:[0]";
            case SOCKET:
                return "socket:[0]";
            case NULL:
                return "/dev/null";
            default:
                return "/";
        }
    }

    private static String text(String file) {
        try {
            return KernelString.decode(FileCalls.readAll(file));
        } catch (LinuxException e) {
            return "";
        }
    }
}
