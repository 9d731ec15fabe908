package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.image.Owner;
import dev.thaw.linux.OpenFlags;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What an open file description had and another one has not: CRIU plants ours as it is. Access mode, status flags and offset are set when
 * thaw opens it, and what {@link Replays} knows is told there.
 */
final class Losses {
    /** PIDTYPE_PGID of the kernel. */
    private static final int PROCESS_GROUP = 2;

    private final Set<String> notes = new LinkedHashSet<>();

    /**
     * Notes what the group loses on this way. A pipe that CRIU opens again has its owner again; but it opens with O_ASYNC, where the kernel
     * sets up nothing, and so F_SETFL with the same flags changes nothing either (man 2 open, BUGS).
     */
    void of(Group group, Handover.Way way) {
        for (Subject subject : group.subjects()) {
            FileImage file = subject.file();
            Owner owner = file.owner();
            if (owner.isSet() && (way != Handover.Way.REOPENED || (file.flags() & OpenFlags.O_ASYNC) != 0)) {
                notes.add(subject.text() + " told " + (owner.pidType() == PROCESS_GROUP ? "process group " : "pid ") + owner.pid()
                        + " of input by a signal (F_SETOWN, O_ASYNC); what takes its place doesn't: " + subject.link());
            }
        }
    }

    List<String> notes() {
        return List.copyOf(notes);
    }
}
