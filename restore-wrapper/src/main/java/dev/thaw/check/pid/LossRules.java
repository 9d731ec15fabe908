package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.ScannedProcess;
import java.util.List;
import java.util.Set;

/** What is silently left behind, and what the dump takes along. */
final class LossRules {
    private static final List<String> STREAMS = List.of("--stdin", "--stdout", "--stderr");
    private static final long MUCH_BYTES = 1 << 20;

    private final PidFacts facts;
    private final List<Finding> findings;

    LossRules(PidFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.findings = findings;
    }

    void apply() {
        long deletedBytes = 0;
        int deletedFiles = 0;
        for (ScannedProcess process : facts.scan().processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                unread(process, descriptor);
                if (descriptor.place() == Place.DELETED && descriptor.kind().equals("file") && descriptor.links() == 0) {
                    deletedFiles++;
                    deletedBytes += descriptor.sizeBytes();
                }
            }
            jvm(process);
        }
        if (deletedBytes >= MUCH_BYTES) {
            findings.add(Finding.note(deletedFiles + (deletedFiles == 1 ? " deleted file is" : " deleted files are") + " still open, "
                    + (deletedBytes >> 20) + " MiB", "the content goes into the image"));
        }
        closedStreams(facts.scan().root());
    }

    private void unread(ScannedProcess process, ScannedDescriptor descriptor) {
        long bytes = descriptor.socket().map(ScannedDescriptor.Socket::unreadBytes).orElse(0L);
        boolean netlink = descriptor.socket().filter(socket -> socket.protocol().equals("NETLINK")).isPresent();
        if (bytes > 0 && !netlink) { // of netlink criu makes a failure
            findings.add(Finding.differs(descriptor.text(process) + " has unread datagrams", "criu drops them",
                    "again when the program has read them: ss -uanp shows the queue"));
        }
        int events = facts.unreadEvents().getOrDefault(new Ref(process.pid(), descriptor.fd()), 0);
        if (events > 0) {
            findings.add(Finding.differs(descriptor.text(process) + " has unread events", "criu watches the same files again, and drops what it has seen so far",
                    "again when the program has read them"));
        }
    }

    /** HotSpot, perfMemory_posix.cpp: a starting JVM removes the files of processes that it does not find. */
    private void jvm(ScannedProcess process) {
        String file = process.mappings().special().jvmData();
        if (!file.isEmpty()) {
            findings.add(Finding.needs(process.text() + " counts in " + file,
                    "every JVM of this user that starts deletes such files of processes that are gone, and then a restore fails",
                    "start it with -XX:-UsePerfData, as thaw run does", "no JVM between checkpoint and restore"));
        }
    }

    private void closedStreams(ScannedProcess root) {
        Set<Integer> open = root.descriptors().stream().map(ScannedDescriptor::fd).collect(java.util.stream.Collectors.toSet());
        for (int stream = 0; stream <= 2 && !root.isZombie(); stream++) {
            if (!open.contains(stream)) {
                findings.add(Finding.note("fd " + stream + " of " + root.text() + " is closed", "and stays so: the next file that it opens takes that number",
                        "thaw restore " + STREAMS.get(stream) + " SOURCE IMAGE, which opens it"));
            }
        }
    }
}
