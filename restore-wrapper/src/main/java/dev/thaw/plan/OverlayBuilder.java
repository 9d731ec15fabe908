package dev.thaw.plan;

import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FdType;
import dev.thaw.image.FileEdits;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TableEdits;
import dev.thaw.linux.OpenFlags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Collects what targeted handovers change in the images: each gets a regular file entry whose name no real path has, and the descriptor
 * entries point at it. A key that did not match would then fail loudly, for the name does not exist.
 */
final class OverlayBuilder {
    /** Mappings, executables and directories refer to these too; unused, they do no harm. */
    private static final Set<FdType> KEPT = Set.of(FdType.REGULAR, FdType.MEMFD);

    private final PlanInput input;
    private final List<FileEdits.Added> added = new ArrayList<>();
    private final Map<Integer, Map<Integer, FileId>> retargeted = new HashMap<>();
    private final Map<Integer, Map<Integer, DescriptorImage>> opened = new HashMap<>();
    private int nextId;

    OverlayBuilder(PlanInput input) {
        this.input = input;
        this.nextId = input.image().largestFileId() + 1;
    }

    /** @return the file entry that the group's descriptors point to from now on */
    FileEdits.Added retarget(Group group) {
        int flags = group.subjects().isEmpty() ? OpenFlags.O_RDWR : group.subjects().get(0).file().flags();
        FileEdits.Added entry = new FileEdits.Added(nextId, flags & OpenFlags.O_ACCMODE, "/thaw-handover/" + nextId);
        nextId++;
        added.add(entry);
        for (Subject subject : group.subjects()) {
            retargeted.computeIfAbsent(subject.use().filesId(), table -> new HashMap<>()).put(subject.fd(), entry.fileId());
        }
        for (Use use : group.additions()) {
            opened.computeIfAbsent(use.filesId(), table -> new HashMap<>())
                    .put(use.fd(), new DescriptorImage(use.fd(), entry.fileId(), false));
        }
        return entry;
    }

    Optional<RestorePlan.OverlayEdits> build() {
        if (added.isEmpty()) {
            return Optional.empty();
        }
        Map<Integer, TableEdits> tables = new HashMap<>();
        Set<Integer> changed = new HashSet<>(retargeted.keySet());
        changed.addAll(opened.keySet());
        for (int table : changed) {
            tables.put(table, new TableEdits(retargeted.getOrDefault(table, Map.of()), opened.getOrDefault(table, Map.of())));
        }
        Set<FileId> gone = withoutDescriptor();
        Set<FileId> dropped = dropped(gone);
        return Optional.of(new RestorePlan.OverlayEdits(new FileEdits(added, dropped, Set.of()), tables, droppedTerminals(dropped),
                droppedRemaps(gone)));
    }

    /** Entries of which every descriptor has another one now. */
    private Set<FileId> withoutDescriptor() {
        Set<FileId> still = new HashSet<>();
        Set<FileId> gone = new HashSet<>();
        for (Subject subject : input.subjects()) {
            boolean moved = retargeted.getOrDefault(subject.use().filesId(), Map.of()).containsKey(subject.fd());
            (moved ? gone : still).add(subject.file().id());
        }
        gone.removeAll(still);
        gone.removeIf(id -> input.image().filesInFlight().contains(id.id()));
        return gone;
    }

    /** Files whose link of the dump's making (CRIU's link remap) is not to be looked for: nothing of the tree has them any more. */
    private Set<Integer> droppedRemaps(Set<FileId> gone) {
        return input.image().remaps().stream().filter(remap -> remap.kind() == RemapImage.Kind.LINKED).map(RemapImage::fileId)
                .filter(id -> gone.contains(new FileId(FdType.REGULAR, id)) && !input.otherUses().containsKey(new FileId(FdType.REGULAR, id)))
                .collect(Collectors.toSet());
    }

    /**
     * CRIU would still set up terminals, bind listeners and unlink socket paths that no descriptor is left for, and stops at a pipe that
     * nobody has (criu/files.c, file_master).
     */
    private Set<FileId> dropped(Set<FileId> withoutDescriptor) {
        Set<FileId> gone = new HashSet<>(withoutDescriptor);
        gone.removeIf(id -> KEPT.contains(id.type()));
        Set<FileId> dropped = new HashSet<>(gone);
        for (FileImage file : input.image().files().values()) {
            if (file instanceof FileImage.UnixSocket socket && socket.isExternPlaceholder() && isOnlyPeerOf(socket, gone)) {
                dropped.add(file.id());
            }
        }
        return dropped;
    }

    /** True when every socket that was connected to this outside peer is gone, and there was one. */
    private boolean isOnlyPeerOf(FileImage.UnixSocket placeholder, Set<FileId> gone) {
        List<FileId> connected = input.image().files().values().stream()
                .filter(file -> file instanceof FileImage.UnixSocket socket && !socket.isExternPlaceholder()
                        && socket.peer() == placeholder.inode()).map(FileImage::id).toList();
        return !connected.isEmpty() && gone.containsAll(connected);
    }

    private Set<Integer> droppedTerminals(Set<FileId> dropped) {
        Set<Integer> still = new HashSet<>();
        Set<Integer> gone = new HashSet<>();
        for (FileImage file : input.image().files().values()) {
            if (file instanceof FileImage.Tty tty) {
                (dropped.contains(tty.id()) ? gone : still).add(tty.infoId());
            }
        }
        gone.removeAll(still);
        return gone;
    }
}
