package dev.thaw.plan;

import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The image as the planner walks it: every descriptor of every table once, and every other use of a file. */
final class PlanInput {
    private final ImageSnapshot image;
    private final List<Subject> subjects = new ArrayList<>();
    private final Map<FileId, List<Use>> otherUses = new LinkedHashMap<>();
    private final Map<Integer, Subject> ofRoot = new HashMap<>();
    private final Topology topology;
    private final StreamOrigin streamOrigin;

    PlanInput(ImageSnapshot image) {
        this.image = image;
        Map<Integer, List<Integer>> tablePids = new LinkedHashMap<>();
        for (TaskImage task : image.tasks()) {
            if (task.filesId().isPresent()) {
                tablePids.computeIfAbsent(task.filesId().getAsInt(), id -> new ArrayList<>()).add(task.pid());
            }
            addOther(task, task.exeFileId(), Use.Kind.EXECUTABLE);
            addOther(task, task.cwdFileId(), Use.Kind.WORKING_DIRECTORY);
            addOther(task, task.rootFileId(), Use.Kind.ROOT);
            task.mappedFileIds().forEach(id -> addOther(task, OptionalInt.of(id), Use.Kind.MAPPING));
            task.mappedMemfdIds().forEach(id -> addOther(task, new FileId(FdType.MEMFD, id), Use.Kind.MAPPING));
        }
        tablePids.forEach((filesId, pids) -> {
            for (DescriptorImage descriptor : image.tables().getOrDefault(filesId, List.of())) {
                Use use = new Use(Use.Kind.DESCRIPTOR, pids, filesId, descriptor.fd());
                subjects.add(Subject.of(use, image.file(descriptor), image));
            }
        });
        subjects.stream().filter(Subject::ofRoot).forEach(subject -> ofRoot.put(subject.fd(), subject));
        topology = new Topology(image, subjects);
        streamOrigin = new StreamOrigin(this);
    }

    private void addOther(TaskImage task, OptionalInt fileId, Use.Kind kind) {
        if (fileId.isPresent()) {
            addOther(task, new FileId(FdType.REGULAR, fileId.getAsInt()), kind);
        }
    }

    private void addOther(TaskImage task, FileId id, Use.Kind kind) {
        if (image.files().containsKey(id)) {
            otherUses.computeIfAbsent(id, key -> new ArrayList<>()).add(new Use(kind, List.of(task.pid()), -1, -1));
        }
    }

    ImageSnapshot image() {
        return image;
    }

    List<Subject> subjects() {
        return subjects;
    }

    Topology topology() {
        return topology;
    }

    StreamOrigin streamOrigin() {
        return streamOrigin;
    }

    Map<FileId, List<Use>> otherUses() {
        return otherUses;
    }

    Optional<Subject> ofRoot(int fd) {
        return Optional.ofNullable(ofRoot.get(fd));
    }
}
