package dev.thaw.it.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogFinding;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Where a failure is put on: processes and things that are taken away again, and a note of what criu wrote and how thaw explained it. */
final class Stage implements AutoCloseable {
    private static final int MNT_DETACH = 2;

    /**
     * @param rule of docs/errors.md
     * @param done what was done to get it
     * @param line of criu's, without the numbers that are others in each run
     */
    record Shown(String rule, String done, String line) {}

    /** Taken away when it is closed. */
    interface Mount extends AutoCloseable {
        @Override
        void close();
    }

    private final Scratch scratch;
    private final Deque<AutoCloseable> things = new ArrayDeque<>();
    private final List<Shown> shown = new ArrayList<>();
    private int directories;

    Stage(Scratch scratch) {
        this.scratch = scratch;
    }

    Scratch scratch() {
        return scratch;
    }

    Puppet puppet() {
        return keep(Puppet.start(scratch));
    }

    /** With this descriptor of ours at 7. */
    Puppet puppet(int ours) {
        return keep(Puppet.in(scratch).nullStreams().descriptor(7, ours).start());
    }

    /** A puppet that has run this. */
    Puppet puppet(String python) {
        Puppet puppet = puppet();
        puppet.eval(python);
        return puppet;
    }

    /** Closes it at the end, the last one first. */
    <T extends AutoCloseable> T keep(T thing) {
        things.push(thing);
        return thing;
    }

    /** A fresh directory. */
    String directory() {
        return scratch.directory("stage-" + ++directories);
    }

    /** A tmpfs on a fresh directory, taken away at the end. */
    String tmpfs(String options) {
        String directory = directory();
        keep(mount(directory, options));
        return directory;
    }

    /** A tmpfs there, until it is closed. */
    Mount mount(String directory, String options) {
        ProcessCalls.mount("tmpfs", directory, "tmpfs", 0, options);
        return () -> ProcessCalls.umount2(directory, MNT_DETACH);
    }

    OwnedFd open(String path, int flags) {
        return keep(FileCalls.open(path, flags, 0600));
    }

    RawCriu dump(Puppet puppet) {
        return RawCriu.dump(scratch, puppet.pid(), directory()).option("-R");
    }

    /** Dumps it for a restore. @return the images */
    String dumped(Puppet puppet, String... options) {
        return RawCriu.dump(scratch, puppet.pid(), directory()).option(options).run().images();
    }

    /** The same images under other names, to change some of them. */
    String copy(String images) {
        String copy = directory();
        FileCalls.list(images).forEach(name -> FileCalls.link(images + "/" + name, copy + "/" + name));
        return copy;
    }

    RawCriu restore(String images, String... options) {
        return RawCriu.restore(scratch, images).option(options);
    }

    /** criu fails, and thaw explains it by this rule. */
    void fails(String rule, String done, RawCriu.Outcome outcome) {
        assertTrue(outcome.exitCode() != 0, () -> "criu is to fail: " + done + "\n" + outcome);
        LogFinding finding = log(outcome).finding().orElseThrow(() -> new AssertionError("no cause is found in " + outcome));
        assertEquals(rule, finding.rule(), () -> done + "\n" + finding + "\n" + outcome);
        show(rule, done, outcome, finding);
    }

    /** criu waits for ever after this is in its log, and thaw explains why. */
    void hangs(String rule, String done, String text, RawCriu criu) {
        fails(rule, done, criu.hangAt(text));
    }

    /** thaw has this to say besides, whether criu failed or not. */
    void hints(String rule, String done, RawCriu.Outcome outcome) {
        LogFinding finding = log(outcome).hints().stream().filter(hint -> hint.rule().equals(rule)).findFirst()
                .orElseThrow(() -> new AssertionError("thaw has no hint " + rule + " for " + outcome));
        show(rule, done, outcome, finding);
    }

    private static CriuLog log(RawCriu.Outcome outcome) {
        return CriuLog.parse(text(outcome));
    }

    /** As thaw reads it: a message about options, or about rights, is on standard error only. */
    private static String text(RawCriu.Outcome outcome) {
        return outcome.output() + "\n" + outcome.log();
    }

    private void show(String rule, String done, RawCriu.Outcome outcome, LogFinding finding) {
        String line = text(outcome).split("\n", -1)[finding.lineNumber() - 1];
        shown.add(new Shown(rule, done, line.replaceFirst("^\\(\\d+\\.\\d+\\) *", "").replaceFirst("^(pie: *)?\\d+: *", "")
                .replaceFirst("^(Error|Warn) +\\([^)]*\\): *", "").replace(scratch.path().substring(1), "DIRECTORY")
                .replaceAll("(?<![A-Za-z])(0x)?[0-9a-f]*[0-9][0-9a-f]*(?![A-Za-z])", "N").replace("|", "\\|").strip()));
    }

    List<Shown> shown() {
        return List.copyOf(shown);
    }

    @Override
    public void close() {
        try {
            while (!things.isEmpty()) {
                things.pop().close();
            }
        } catch (Exception e) {
            throw new AssertionError("not taken away", e);
        }
    }
}
