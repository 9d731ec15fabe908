package dev.thaw.launcher;

import com.google.gson.JsonParseException;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The launch records of the processes that thaw started and that still run, by name: a file each, in a directory that is only its owner's.
 * A record whose process has gone counts as none, and is removed by whoever comes next.
 */
public final class NameRegistry {
    /** Names the directory, in place of the default. */
    public static final String DIRECTORY_VARIABLE = "THAW_RUNTIME_DIR";

    private static final String SUFFIX = ".json";
    private static final int MAX_RECORD_BYTES = 1 << 20;

    private final RegistryDirectory directory;

    /** @param directory is made when it is absent, but not its parent */
    public NameRegistry(String directory) {
        this.directory = new RegistryDirectory(directory);
    }

    /** A running process has the name, or is about to. */
    public static final class NameTaken extends RuntimeException {
        NameTaken(String why) {
            super(why);
        }
    }

    /** There is no place for records. */
    public static final class Unavailable extends RuntimeException {
        Unavailable(String why) {
            super(why);
        }
    }

    /**
     * The place for a user: {@code /run/thaw} for root, whatever root's login session says, as a service has none. Root of a user namespace is
     * somebody with a session.
     *
     * @param variable looks an environment variable up
     * @return empty when there is no place
     */
    public static Optional<String> defaultDirectory(Function<String, Optional<String>> variable, int euid) {
        Optional<String> named = variable.apply(DIRECTORY_VARIABLE).filter(path -> !path.isEmpty());
        Optional<String> ofRoot = euid == 0 ? Optional.of("/run/thaw") : Optional.empty();
        Optional<String> ofSession = variable.apply("XDG_RUNTIME_DIR").filter(path -> !path.isEmpty()).map(path -> path + "/thaw");
        return named.or(() -> UserNamespace.isInitial() ? ofRoot.or(() -> ofSession) : ofSession.or(() -> ofRoot));
    }

    /** Whether it can be the name of a process; names of the form {@code pid-NUMBER} are for those that were given none. */
    public static boolean isName(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}") && !name.matches("pid-\\d+");
    }

    /** The running process of this name. */
    public Optional<LaunchRecord> find(String name) {
        return read(file(name)).filter(NameRegistry::isRunning);
    }

    /** The record of a running process that thaw started, whether it has a name or not. */
    public Optional<LaunchRecord> findPid(int pid) {
        return all().stream().filter(record -> record.pid() == pid).findFirst();
    }

    /** All running ones. */
    public List<LaunchRecord> all() {
        return files().stream().flatMap(file -> read(file).stream()).filter(NameRegistry::isRunning).toList();
    }

    /**
     * Starts a process under a name; of two that want the same name one gets it.
     *
     * @throws NameTaken when a running process has it
     */
    public LaunchedProcess startNamed(String name, Supplier<LaunchedProcess> start) {
        OwnedFd lock = directory.tryLockName(name)
                .orElseThrow(() -> new NameTaken("another thaw is starting a process with the name " + name));
        try {
            find(name).ifPresent(holder -> {
                throw new NameTaken("the name " + name + " is pid " + holder.pid() + "'s, which runs");
            });
            LaunchedProcess process = start.get();
            put(process.record());
            return process;
        } finally {
            directory.unlock(lock, name);
        }
    }

    /** Adds or replaces a record, and removes those whose process has gone. */
    public void put(LaunchRecord record) {
        byte[] content = KernelString.encode(LaunchRecordJson.pretty(record) + "\n");
        directory.exclusively(() -> {
            files().stream().filter(file -> read(file).filter(NameRegistry::isRunning).isEmpty()).forEach(NameRegistry::unlink);
            String temporary = directory.path() + "/.new";
            FileCalls.writeFile(temporary, content, 0600);
            FileCalls.rename(temporary, file(record));
            return record;
        });
    }

    /** Removes a record, unless its name is another process's by now. */
    public void remove(LaunchRecord record) {
        directory.exclusively(() -> {
            read(file(record))
                    .filter(found -> found.pid() == record.pid() && found.startTicks() == record.startTicks())
                    .ifPresent(found -> unlink(file(record)));
            return record;
        });
    }

    private static boolean isRunning(LaunchRecord record) {
        String bootId = KernelString.decode(FileCalls.readAll("/proc/sys/kernel/random/boot_id")).strip();
        Optional<ProcessStat> stat = ProcessStat.read(record.pid());
        return bootId.equals(record.bootId()) && stat.isPresent() && !stat.get().isZombie() && stat.get().startTicks() == record.startTicks();
    }

    private List<String> files() {
        try {
            List<String> files = new ArrayList<>();
            for (String name : FileCalls.list(directory.path())) {
                if (name.endsWith(SUFFIX)) {
                    files.add(directory.path() + "/" + name);
                }
            }
            return files;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return List.of();
            }
            throw e;
        }
    }

    /** A file that is no record, or not of this format, counts as none. */
    private static Optional<LaunchRecord> read(String file) {
        try {
            LaunchRecord record = LaunchRecordJson.read(KernelString.decode(FileCalls.readAll(file, MAX_RECORD_BYTES)));
            return Optional.of(record).filter(found -> found.format() == LaunchRecord.FORMAT);
        } catch (JsonParseException e) {
            return Optional.empty();
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private String file(LaunchRecord record) {
        return file(record.name().isEmpty() ? "pid-" + record.pid() : record.name());
    }

    private String file(String name) {
        return directory.path() + "/" + name + SUFFIX;
    }

    private static void unlink(String file) {
        try {
            FileCalls.unlink(file);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}
