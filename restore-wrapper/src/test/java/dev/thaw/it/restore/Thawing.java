package dev.thaw.it.restore;

import dev.thaw.it.Await;
import dev.thaw.it.FdEntry;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The steps that the tests of this package share: a puppet is dumped by plain criu, thaw restores it, it leaves with a code of its own. */
final class Thawing {
    private static final Duration RESTORE_LIMIT = Duration.ofSeconds(30);

    private Thawing() {}

    /**
     * Dumps with plain criu, as somebody without thaw would; its pids are free afterwards.
     *
     * @param externals descriptors of the root whose other end is outside, for {@code --external}
     * @return the images directory
     */
    static String dump(Scratch scratch, Puppet puppet, int... externals) {
        String images = scratch.path("images");
        dumping(scratch, puppet, images, externals).run();
        return images;
    }

    /** A dump to which options can be added. */
    static RawCriu dumping(Scratch scratch, Puppet puppet, String images, int... externals) {
        RawCriu dump = RawCriu.dump(scratch, puppet.pid(), images);
        for (int fd : externals) {
            dump.option("--external", puppet.fd(fd).external(puppet.pid()));
        }
        return dump;
    }

    /** Starts {@code thaw restore} in the foreground, and waits until the puppet answers again. */
    static ThawProcess restore(Puppet puppet, ThawProcess.Builder with, String... arguments) {
        ThawProcess thaw = with.start(Stream.concat(Stream.of("restore"), Stream.of(arguments)).toArray(String[]::new));
        try {
            Await.value(() -> "a restored puppet; thaw so far:\n" + thaw.err(), RESTORE_LIMIT, () -> {
                boolean waiting = thaw.isRunning();
                if (puppet.isRunning()) {
                    return Optional.of(true);
                }
                if (!waiting) {
                    throw new AssertionError("nothing was restored: " + thaw.awaitEnd());
                }
                return Optional.empty();
            });
            puppet.eval("os.getpid()");
            return thaw;
        } catch (AssertionError e) {
            String said = thaw.err();
            thaw.close();
            throw new AssertionError(e.getMessage() + "\nthaw so far:\n" + said, e);
        }
    }

    static ThawProcess restore(Scratch scratch, Puppet puppet, String... arguments) {
        return restore(puppet, ThawProcess.in(scratch), arguments);
    }

    /** See {@link Puppet#leave}. */
    static ThawProcess.Result leave(Puppet puppet, ThawProcess thaw) {
        return puppet.leave(thaw);
    }

    /**
     * What a dump and a restore are to keep of a descriptor table: access mode, status flags, and which numbers are one open file
     * description: {@code {1=write append, 2=write append, same as 1}}.
     */
    static Map<Integer, String> modes(Puppet puppet) {
        List<FdEntry> table = puppet.fdTable();
        Map<Integer, String> modes = new TreeMap<>();
        for (FdEntry entry : table) {
            int status = entry.flags() & (OpenFlags.O_APPEND | OpenFlags.O_NONBLOCK | OpenFlags.O_DIRECTORY);
            String first = table.stream().map(FdEntry::fd).filter(fd -> fd < entry.fd() && isSame(puppet, fd, puppet, entry.fd()))
                    .findFirst().map(fd -> ", same as " + fd).orElse("");
            modes.put(entry.fd(), entry.access() + ((status & OpenFlags.O_APPEND) != 0 ? " append" : "")
                    + ((status & OpenFlags.O_NONBLOCK) != 0 ? " nonblock" : "") + ((status & OpenFlags.O_DIRECTORY) != 0 ? " directory" : "")
                    + (entry.closeOnExec() ? " cloexec" : "") + first);
        }
        return modes;
    }

    /** Number → link. */
    static Map<Integer, String> links(Puppet puppet) {
        Map<Integer, String> links = new TreeMap<>();
        puppet.fdTable().forEach(entry -> links.put(entry.fd(), entry.link()));
        return links;
    }

    /** Whether both descriptors are one open file description. */
    static boolean isSame(Puppet one, int fd, Puppet other, int otherFd) {
        return ProcessCalls.kcmpFile(one.pid(), fd, other.pid(), otherFd) == 0;
    }

    /** Whether the puppet has our very open file description. */
    static boolean isOurs(int ours, Puppet puppet, int fd) {
        return ProcessCalls.kcmpFile(ProcessCalls.getpid(), ours, puppet.pid(), fd) == 0;
    }

    /** How {@code /proc/PID/fd} shows one of our pipes. */
    static String pipeLink(int ours) {
        return "pipe:[" + FileCalls.fstat(ours).inode() + "]";
    }
}
