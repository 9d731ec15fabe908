package dev.thaw.inspect;

import dev.thaw.image.CgroupImage;
import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FileImage;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.MemorySizes;
import dev.thaw.image.ResolvedImage;
import dev.thaw.image.TaskImage;
import dev.thaw.inspect.Inspection.CgroupView;
import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.EndView;
import dev.thaw.inspect.Inspection.FileView;
import dev.thaw.inspect.Inspection.ProcessView;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.InheritKeys;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/** Makes an {@link Inspection} of an image. */
public final class Inspector {
    private final ImageSnapshot image;
    private final OtherEnds otherEnds;
    private final Map<Integer, Long> memory;

    private Inspector(ImageSnapshot image, Optional<Manifest> manifest, Map<Integer, Long> memory) {
        this.image = image;
        this.memory = memory;
        this.otherEnds = new OtherEnds(image, manifest);
    }

    /** Of images that nothing is said against. */
    public static Inspection inspect(ResolvedImage resolved, ImageSnapshot image, Optional<Manifest> manifest) {
        return inspect(resolved, image, manifest, Map.of(), "");
    }

    /** What {@code image} names, with all that its files tell; {@link dev.thaw.image.ImageException} when it cannot be used. */
    public static Inspection read(String image) {
        ResolvedImage resolved = Generations.resolve(image);
        ImageSnapshot snapshot = ImagesDirectory.read(resolved.generationDir());
        return inspect(resolved, snapshot, Manifest.read(resolved.generationDir()), MemorySizes.read(snapshot), Quarantines.of(resolved));
    }

    /**
     * @param memory bytes by pid
     * @param quarantined as {@link Inspection} has it
     */
    public static Inspection inspect(ResolvedImage resolved, ImageSnapshot image, Optional<Manifest> manifest, Map<Integer, Long> memory,
            String quarantined) {
        Inspector inspector = new Inspector(image, manifest, memory);
        return new Inspection(
                resolved.generationDir(),
                resolved.number().orElse(0),
                manifest.map(Manifest::created).orElse(""),
                manifest.map(Manifest::thawVersion).orElse(""),
                manifest.map(Manifest::criuVersion).orElse(""),
                image.totalBytes(),
                !image.root().isSessionLeader(),
                image.inventory().tcpClose(),
                quarantined,
                image.ownNamespaces(),
                image.tasks().stream().map(inspector::process).toList(),
                inspector.files(),
                manifest.isPresent() ? remembered(manifest.get()) : inspector.cgroups());
    }

    private ProcessView process(TaskImage task) {
        return new ProcessView(task.pid(), task.parentPid(), task.session(), task.processGroup(), task.command(),
                task.state().name().toLowerCase(Locale.ROOT), task.threads().size(), task.credentials().map(ids -> ids.euid()).orElse(-1),
                path(task.exeFileId()), path(task.cwdFileId()), memory.getOrDefault(task.pid(), 0L), image.descriptors(task).stream().map(this::descriptor).toList());
    }

    private String path(OptionalInt fileId) {
        return fileId.isPresent() ? image.regularFile(fileId.getAsInt()).map(FileImage.RegularFile::path).orElse("") : "";
    }

    private DescriptorView descriptor(DescriptorImage descriptor) {
        FileImage file = image.file(descriptor);
        String key = InheritKeys.of(file, image).orElse("");
        OtherEnds.End end = otherEnds.of(file);
        return new DescriptorView(descriptor.fd(), FileWords.kind(file), FileWords.link(file, key), key, OpenFlags.access(file.flags()),
                statusFlags(file.flags()), FileWords.offset(file), descriptor.closeOnExec(), file.id().id(), end.text(),
                end.inside().stream().map(reference -> new EndView(reference.pid(), reference.fd())).toList(), end.outside());
    }

    /** Without the access mode, which comes first, and without what every program gets. */
    private static String statusFlags(int flags) {
        String words = OpenFlags.describe(flags & ~(OpenFlags.O_LARGEFILE | OpenFlags.O_CLOEXEC));
        return words.contains("|") ? words.substring(words.indexOf('|') + 1) : "";
    }

    /** What processes have without a descriptor for it. */
    private List<FileView> files() {
        Map<Integer, TreeSet<Integer>> users = new LinkedHashMap<>();
        for (TaskImage task : image.tasks()) {
            task.mappedFileIds().forEach(id -> users.computeIfAbsent(id, none -> new TreeSet<>()).add(task.pid()));
        }
        return users.entrySet().stream()
                .flatMap(entry -> image.regularFile(entry.getKey()).stream()
                        .map(file -> new FileView(file.path(), FileWords.state(file.remap()), List.copyOf(entry.getValue()))))
                .sorted((a, b) -> a.path().compareTo(b.path()))
                .toList();
    }

    private List<CgroupView> cgroups() {
        return image.cgroups(image.root()).stream().map(Inspector::view).toList();
    }

    private static CgroupView view(CgroupImage.Controller controller) {
        return new CgroupView(controller.name().isEmpty() ? "unified" : controller.name(), controller.path());
    }

    private static List<CgroupView> remembered(Manifest manifest) {
        return manifest.cgroups().stream()
                .map(one -> new CgroupView(one.isUnified() ? "unified" : String.join(",", one.controllers()), one.path())).toList();
    }
}
