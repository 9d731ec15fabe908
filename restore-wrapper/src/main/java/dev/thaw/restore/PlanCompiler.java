package dev.thaw.restore;

import dev.thaw.compile.CompiledPlan;
import dev.thaw.compile.FreshNamespace;
import dev.thaw.compile.OwnCgroup;
import dev.thaw.compile.RestoreProgram;
import dev.thaw.compile.ShellText;
import dev.thaw.compile.StreamKind;
import dev.thaw.compile.Variant;
import dev.thaw.compat.Mismatch;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.criu.ShortStart;
import dev.thaw.image.ClockImages;
import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.Quarantine;
import dev.thaw.image.TaskImage;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.LaunchRecordJson;
import dev.thaw.launcher.SessionPolicy;
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
import java.util.LinkedHashSet;
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
    private final List<String> engine;
    private final ImageSnapshot image;
    private final String generation;
    private final Optional<OwnCgroup> cgroup;
    private final Map<StreamKind, FileStatus> samples = new EnumMap<>(StreamKind.class);
    /** Why there is no program for some sorts of callers. */
    private final Set<String> obstacles = new LinkedHashSet<>();

    private PlanCompiler(Planning planning, CriuBinary criu) {
        this.planning = planning;
        this.criu = criu;
        this.engine = CriuStart.engine(criu);
        this.image = planning.image();
        this.generation = planning.resolved().generationDir();
        this.cgroup = ownCgroup();
    }

    /**
     * What became of it.
     *
     * @param plan empty where there is no such plan for any caller
     * @param because why there is none for some callers, as parts of sentences; else empty
     * @param withoutNamespace why it does not restore into a pid namespace of its own, where there is a plan; else empty
     */
    public record Compiled(Optional<CompiledPlan> plan, String because, String withoutNamespace) {
        /** None. */
        public Compiled(String because) {
            this(Optional.empty(), because, "");
        }
    }

    /** @param planning of an image of thaw's, made by default options for whoever called thaw */
    public static Compiled compile(Planning planning, CriuBinary criu) {
        return new PlanCompiler(planning, criu).compile();
    }

    /** Compiles the plan of an image, where that can be done, and leaves it beside the images for the next restore. */
    public static void leave(Planning planning, CriuBinary criu, Report report) {
        try {
            Compiled compiled = compile(planning, criu);
            compiled.plan().ifPresent(plan -> write(planning, plan));
            compiled.plan().filter(plan -> plan.shortStart().start().isPresent() && Findings.keep(plan.engine(), plan.findings()))
                    .ifPresent(plan -> report.detail("what criu finds out about the kernel is kept for restores"));
            report.detail(compiled.plan().map(plan -> "the plan was compiled, for " + plan.variants().size() + " sorts of callers; criu is started "
                    + (plan.shortStart().start().isPresent() ? "without its probes" : "with all its probes, as " + plan.shortStart().because())
                    + (compiled.withoutNamespace().isEmpty() ? "" : "; not for --pid-namespace, as " + compiled.withoutNamespace()))
                    .orElse("the plan was not compiled, as " + compiled.because() + ": a restore decides anew"));
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

    private Compiled compile() {
        Optional<String> obstacle = obstacle();
        List<String> files = obstacle.isPresent() ? List.of() : files();
        if (files.size() > MOST_FILES) {
            obstacle = Optional.of("it relies on " + files.size() + " files, which a shell looks at for longer than a JVM takes to start");
        }
        if (obstacle.isPresent()) {
            return new Compiled(obstacle.get());
        }
        readSamples();
        Set<Integer> streams = streamsUsed();
        List<Variant> variants = variants(streams);
        if (variants.isEmpty()) {
            return new Compiled(String.join("; ", obstacles));
        }
        List<String> fingerprint = files.stream().map(file -> fingerprint(FileCalls.lstat(file))).toList();
        Optional<String> withoutNamespace = namespaceObstacle();
        Optional<FreshNamespace> namespace = withoutNamespace.isPresent() ? Optional.empty()
                : Optional.of(new FreshNamespace(LastPid.inNamespace(Questions.numbers(image))));
        return new Compiled(Optional.of(new CompiledPlan(generation, generation + "/" + CompiledPlan.DIRECTORY, variants.get(0).plan().rootPid(),
                Questions.numbers(image), machine(files), "%016x".formatted(ProcessCalls.capabilitiesPermitted()), cgroup,
                List.of(Quarantine.path(generation), generation + "/" + PolicyFile.NAME), files, fingerprint, criu.path(), engine, attendable(), lockable(),
                shortStart(variants), namespace, record(), streams, variants)), String.join("; ", obstacles), withoutNamespace.orElse(""));
    }

    /** What says at once that there is no program. */
    private Optional<String> obstacle() {
        Map<String, Boolean> obstacles = new LinkedHashMap<>();
        obstacles.put("thaw checkpoint has not made the image", planning.manifest().isEmpty() || !generation.startsWith("/"));
        obstacles.put("criu has not all rights here", CriuPrivileges.areLimited());
        obstacles.put("it has more than " + MOST_PROCESSES + " processes", image.tasks().size() > MOST_PROCESSES);
        obstacles.put("it has a pid namespace of its own", image.root().ids().pid() != image.inventory().rootIds().pid());
        obstacles.put("this criu cannot restore two images at once", !criu.features().concurrentRestores() || !criu.path().startsWith("/"));
        planning.mismatches().stream().filter(mismatch -> mismatch.severity() != Mismatch.Severity.NOTE).findFirst()
                .ifPresent(mismatch -> obstacles.put(mismatch.what(), true));
        obstacles.put("a policy lies beside it", FileCalls.statIfExists(generation + "/" + PolicyFile.NAME).isPresent());
        obstacles.put("there is no " + ENV, FileCalls.statIfExists(ENV).isEmpty());
        // Whether thaw is under a filter too, Java looks.
        obstacles.put("a process has a seccomp filter", image.tasks().stream().anyMatch(TaskImage::isFiltered));
        // A shell cannot ask the broker.
        obstacles.put("the broker keeps descriptors of it", planning.manifest().map(manifest -> !manifest.inBroker().isEmpty()).orElse(false));
        return obstacles.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).findFirst();
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
        engine.stream().filter(word -> word.startsWith("/") && !word.equals(criu.path()))
                .filter(word -> FileCalls.statIfExists(word).filter(FileStatus::isRegular).isPresent()).forEach(word -> add(word, files));
        add(ENV, files);
        if (FileCalls.statIfExists(FreshNamespace.TAIL).isPresent()) {
            add(FreshNamespace.TAIL, files);
        }
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

    /** The same for every sort of caller: what stands against it is in the image. */
    private ShortStart.Decision shortStart(List<Variant> variants) {
        RestorePlan.CriuSwitches switches = variants.stream().map(variant -> variant.plan().criu()).filter(given -> given.tcp().isPresent()).findFirst()
                .orElse(variants.get(0).plan().criu());
        return ShortStart.decide(image, ClockImages.read(generation, image.imageFiles()), switches, criu.version(),
                ProcessCalls.capabilitiesPermitted());
    }

    /** Why the planner is to decide about a restore into a fresh pid namespace. */
    private Optional<String> namespaceObstacle() {
        Map<String, Boolean> obstacles = new LinkedHashMap<>();
        obstacles.put("it has deleted files, and restores of such images take turns", Turn.isNeededFor(image));
        obstacles.put("a pid of it is the first process's or criu's there", Questions.numbers(image).stream().anyMatch(pid -> pid <= FreshNamespace.HIGHEST_TAKEN));
        return obstacles.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).findFirst().or(PlanCompiler::noNamespace);
    }

    private static Optional<String> noNamespace() {
        HelperCommand.Result tried = HelperCommand.run(FreshNamespace.probe(), Map.of("PERL5OPT", "", "PERL5LIB", "", "LC_ALL", "C"), Duration.ofSeconds(5));
        return tried.succeeded() ? Optional.empty() : Optional.of("none can be made here by perl and tail" + (tried.output().isBlank() ? "" : ": " + tried.output().strip()));
    }

    private String record() {
        Manifest manifest = planning.manifest().orElseThrow();
        TaskImage root = image.root();
        FileImage directory = image.files().get(new FileId(FdType.REGULAR, root.cwdFileId().orElseThrow()));
        return LaunchRecordJson.line(new LaunchRecord(LaunchRecord.FORMAT, "", root.pid(), 0, "", "", manifest.startedAs(), manifest.startedFrom(),
                directory instanceof FileImage.RegularFile regular ? regular.path() : "/", root.isSessionLeader() ? SessionPolicy.NEW : SessionPolicy.SAME,
                List.of(), List.of()));
    }

    private CompiledPlan.Machine machine(List<String> files) {
        String processor = text("/proc/cpuinfo").lines().filter(line -> line.startsWith("flags") || line.startsWith("Features")).findFirst().orElse("");
        // Without the image of a time namespace, waits of the application would be by the new clocks.
        boolean keepsClocks = files.stream().anyMatch(file -> file.matches("(?s).*/timens-[0-9]+\\.img")) && !processor.isEmpty();
        return new CompiledPlan.Machine(text("/proc/sys/kernel/random/boot_id").strip(), keepsClocks, text("/proc/sys/kernel/osrelease").strip(), processor);
    }

    private static String fingerprint(FileStatus status) {
        return "%x %d %d %d %d.%09d".formatted(status.mode(), status.uid(), status.size(), status.inode(), Math.floorDiv(status.modifiedNanos(), 1_000_000_000L),
                Math.floorMod(status.modifiedNanos(), 1_000_000_000L));
    }

    private Optional<OwnCgroup> ownCgroup() {
        CgroupFiles.View recorded = recorded().orElse(new CgroupFiles.View(List.of(), List.of()));
        List<String> files = image.files().values().stream().map(file -> file instanceof FileImage.RegularFile regular ? regular.path() : "")
                .filter(path -> path.startsWith("/") && CgroupFiles.isCgroupFile(path, recorded)).distinct().sorted().toList();
        World now = planning.world();
        return files.isEmpty() ? Optional.empty()
                : Optional.of(new OwnCgroup(files, now.cgroupMounts(), now.cgroups(), OwnCgroup.mountText(text("/proc/self/mountinfo"))));
    }

    private Optional<CgroupFiles.View> recorded() {
        return planning.manifest().map(entry -> new CgroupFiles.View(entry.cgroups(), entry.cgroupMounts()));
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
        for (World world : worlds()) {
            for (StreamKind kind : StreamKind.values()) {
                if (plan(List.of(kind, kind, kind), false, world) instanceof PlanResult.Ready ready) {
                    ready.plan().handovers().stream().map(Handover::opening)
                            .filter(Opening.Own.class::isInstance).forEach(opening -> used.add(((Opening.Own) opening).number()));
                }
            }
        }
        return used;
    }

    /** As it is now, and as it is when the cgroup of the application is gone. */
    private List<World> worlds() {
        World now = planning.world();
        if (cgroup.isEmpty()) {
            return List.of(now);
        }
        World gone = GoneCgroup.of(image, recorded(), now, cgroup.get().files());
        return cgroup.get().files().stream().allMatch(file -> now.paths().get(file).isPresent()) ? List.of(now, gone) : List.of(gone);
    }

    private List<Variant> variants(Set<Integer> streams) {
        Map<RestorePlan.OverlayEdits, String> overlays = new LinkedHashMap<>();
        List<Variant> variants = new ArrayList<>();
        for (World world : worlds()) {
            String suffix = world == planning.world() ? "" : OwnCgroup.GONE;
            for (StreamKind in : kinds(streams, 0)) {
                for (StreamKind out : kinds(streams, 1)) {
                    for (StreamKind err : kinds(streams, 2)) {
                        String letters = letter(streams, 0, in) + letter(streams, 1, out) + letter(streams, 2, err);
                        add(plan(List.of(in, out, err), false, world), letters + suffix, overlays, variants);
                        if (out == err && streams.contains(1) && streams.contains(2)) {
                            add(plan(List.of(in, out, err), true, world), letters + "=" + suffix, overlays, variants);
                        }
                    }
                }
            }
        }
        return variants;
    }

    private void add(PlanResult result, String streams, Map<RestorePlan.OverlayEdits, String> overlays, List<Variant> variants) {
        if (result instanceof PlanResult.Rejected rejected) {
            obstacles.add(rejected.problems().get(0).what());
        }
        if (result instanceof PlanResult.Ready ready) {
            RestorePlan plan = ready.plan();
            String images = plan.overlay().map(edits -> overlays.computeIfAbsent(edits,
                    same -> generation + "/" + CompiledPlan.DIRECTORY + "/images-" + (overlays.size() + 1))).orElse(generation);
            Variant variant = new Variant(streams, images, plan);
            Optional<String> obstacle = variant.obstacle().or(() -> elsewhere(plan));
            obstacle.ifPresent(obstacles::add);
            if (obstacle.isEmpty()) {
                variants.add(variant);
            }
        }
    }

    private Optional<String> elsewhere(RestorePlan plan) {
        return plan.handovers().stream().map(Handover::opening).filter(Opening.Path.class::isInstance).map(opening -> ((Opening.Path) opening).path())
                .filter(path -> cgroup.filter(own -> own.isElsewhere(path)).isPresent()).findFirst().map(path -> path + " is not in our cgroup");
    }

    private static List<StreamKind> kinds(Set<Integer> streams, int stream) {
        return streams.contains(stream) ? List.of(StreamKind.values()) : List.of(StreamKind.NULL);
    }

    private static String letter(Set<Integer> streams, int stream, StreamKind kind) {
        return streams.contains(stream) ? Character.toString(kind.letter()) : "-";
    }

    /** @param shared whether standard output and error are one open file description */
    private PlanResult plan(List<StreamKind> kinds, boolean shared, World now) {
        Map<Integer, OwnDescriptor> own = new TreeMap<>();
        for (int stream = 0; stream <= 2; stream++) {
            StreamKind kind = kinds.get(stream);
            int access = kind == StreamKind.NULL || kind == StreamKind.SOCKET ? OpenFlags.O_RDWR : stream == 0 ? OpenFlags.O_RDONLY : OpenFlags.O_WRONLY;
            int flags = access | (kind == StreamKind.FILE ? OpenFlags.O_APPEND : 0);
            own.put(stream, new OwnDescriptor(stream, samples.get(kind), flags, link(kind), shared && stream == 2 ? 1 : stream, false, false, false));
        }
        World world = new World(own, now.paths(), now.cgroups(), now.cgroupMounts(), now.brokerNames());
        return RestorePlanner.plan(image, recorded(), world, RestoreOptions.automatic());
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
