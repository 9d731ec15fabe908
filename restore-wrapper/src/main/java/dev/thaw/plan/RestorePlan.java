package dev.thaw.plan;

import dev.thaw.image.FileEdits;
import dev.thaw.image.TableEdits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that a restore does, decided.
 *
 * @param imagesDirectory the directory with the images
 * @param handovers descriptors to open and pass, in the order of their numbers
 * @param left what CRIU restores by itself, with the reason
 * @param overlay changes to the descriptor tables; empty when the images are used as they are
 * @param criu switches of the engine
 * @param cgroups directories of the cgroups that the tree is put into; empty: it stays in ours
 * @param numbers pids and thread ids that have to be free
 * @param notes what the user should know, one line each
 */
public record RestorePlan(String imagesDirectory, int rootPid, List<Handover> handovers, List<Left> left, Optional<OverlayEdits> overlay,
        CriuSwitches criu, List<String> cgroups, List<Integer> numbers, List<String> notes) {
    public RestorePlan {
        handovers = List.copyOf(handovers);
        left = List.copyOf(left);
        cgroups = List.copyOf(cgroups);
        numbers = List.copyOf(numbers);
        notes = List.copyOf(notes);
    }

    /** The same, with something more for the user to know, and for criu to be told. */
    public RestorePlan plus(List<String> moreNotes, List<String> moreOptions) {
        List<String> all = new ArrayList<>(notes);
        all.addAll(moreNotes);
        return new RestorePlan(imagesDirectory, rootPid, handovers, left, overlay, criu.plus(moreOptions), cgroups, numbers, all);
    }

    /** A descriptor that CRIU restores by itself. */
    public record Left(List<Use> uses, String what, String because) {}

    /**
     * Changes that make a handover hit exactly its descriptors.
     *
     * @param files changes to files.img
     * @param tables changes to fdinfo images, by table id
     * @param droppedTerminals ids of tty-info.img that no file refers to any more
     * @param droppedRemaps ids of files that were deleted and linked again at the dump, and that no descriptor refers to any more
     */
    public record OverlayEdits(FileEdits files, Map<Integer, TableEdits> tables, Set<Integer> droppedTerminals, Set<Integer> droppedRemaps) {
        public OverlayEdits {
            tables = Map.copyOf(tables);
            droppedRemaps = Set.copyOf(droppedRemaps);
            droppedTerminals = Set.copyOf(droppedTerminals);
        }
    }

    /**
     * @param shellJob {@code --shell-job}: the root is no session leader
     * @param fileLocks {@code --file-locks}
     * @param tcp {@code --tcp-established}, {@code --tcp-close} or nothing
     * @param externalUnix {@code --ext-unix-sk}
     * @param allowUprobes {@code --allow-uprobes}
     * @param extra further options in the user's words
     */
    public record CriuSwitches(boolean shellJob, boolean fileLocks, Optional<String> tcp, boolean externalUnix, boolean allowUprobes,
            List<String> extra) {
        CriuSwitches plus(List<String> more) {
            List<String> all = new ArrayList<>(extra);
            all.addAll(more);
            return new CriuSwitches(shellJob, fileLocks, tcp, externalUnix, allowUprobes, List.copyOf(all));
        }
    }
}
