package dev.thaw.rehearse;

import java.util.List;

/**
 * How a rehearsal went; its members are those of the JSON that {@code --json} prints.
 *
 * @param engine {@code criu} or {@code rehearse}
 * @param memoryRestored whether memory was dumped and restored; only descriptors were opened and handed over where not
 * @param changes words of what was done to the world between checkpoint and restore
 * @param image where the checkpoints are; empty when they were not kept
 * @param cycles those that were begun
 * @param end of the application after the last one; empty when it was not to be had
 */
public record Rehearsal(List<String> command, String engine, boolean memoryRestored, List<String> changes, String image, int cyclesAsked, List<Cycle> cycles,
        List<Observation> end) {
    public Rehearsal {
        command = List.copyOf(command);
        changes = List.copyOf(changes);
        cycles = List.copyOf(cycles);
        end = List.copyOf(end);
    }

    /**
     * @param number from 1
     * @param imageBytes of criu's images; 0 when there are none
     * @param stoppedMillis for which nothing of it ran: from the beginning of the checkpoint to the end of the restore, without what was
     *     done in between
     */
    public record Cycle(int number, List<Observation> observations, long imageBytes, long checkpointMillis, long restoreMillis, long stoppedMillis) {
        public Cycle {
            observations = List.copyOf(observations);
        }

        public boolean held() {
            return observations.stream().noneMatch(Observation::failed);
        }
    }

    public boolean held() {
        return cycles.size() == cyclesAsked && cycles.stream().allMatch(Cycle::held) && end.stream().noneMatch(Observation::failed);
    }
}
