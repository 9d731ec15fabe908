package dev.thaw.criu;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the criu to use: {@code --criu}, {@code $THAW_CRIU}, the places of scripts/install-criu, {@code PATH}, in that order. One that does
 * not work is passed over, unless the user asked for it on the command line.
 */
public final class CriuLocator {
    static final String ASKED_FOR = "--criu";
    private static final String FROM_ENVIRONMENT = "$THAW_CRIU";
    private static final String INSTALLED = "installed by scripts/install-criu";
    private static final String IN_PATH = "PATH";
    /** Where distributions put criu; an ordinary user's PATH lacks them. */
    private static final List<String> SYSTEM_DIRECTORIES = List.of("/usr/local/sbin", "/usr/sbin", "/sbin");
    private static final String SYSTEM_PREFIX = "/opt/thaw/criu";
    private static final String HOME_PREFIX = "/.local/share/thaw/criu";

    private final Map<String, String> environment;
    private final List<String> systemDirectories;
    private final String systemPrefix;
    private final CriuProbe probe;
    private final CriuVerdicts verdicts;

    private CriuLocator(
            Map<String, String> environment, List<String> systemDirectories, String systemPrefix, CriuProbe probe, CriuVerdicts verdicts) {
        this.environment = environment;
        this.systemDirectories = systemDirectories;
        this.systemPrefix = systemPrefix;
        this.probe = probe;
        this.verdicts = verdicts;
    }

    /** @param environment {@code KEY=VALUE} */
    public static CriuLocator of(List<String> environment) {
        Map<String, String> variables = variables(environment);
        return new CriuLocator(variables, SYSTEM_DIRECTORIES, SYSTEM_PREFIX, new CriuProbe(), CriuVerdicts.forUser(variables));
    }

    /** As {@link #of}, and every criu is asked anew whether it works, as {@code thaw check host} wants it. */
    public static CriuLocator thorough(List<String> environment) {
        return new CriuLocator(variables(environment), SYSTEM_DIRECTORIES, SYSTEM_PREFIX, new CriuProbe(), CriuVerdicts.none());
    }

    /** For tests: nothing of this machine but what {@code environment} names. */
    static CriuLocator isolated(Map<String, String> environment, String systemPrefix, CriuProbe probe, CriuVerdicts verdicts) {
        return new CriuLocator(Map.copyOf(environment), List.of(), systemPrefix, probe, verdicts);
    }

    /** @param asked value of {@code --criu}: a path, or a name that is looked up in PATH; empty when it was not given */
    public CriuSearch find(String asked) {
        if (!asked.isEmpty()) {
            return askedFor(asked);
        }
        List<CriuSearch.Passed> passed = new ArrayList<>();
        Set<List<Long>> seen = new HashSet<>();
        for (Map.Entry<String, String> place : places().entrySet()) {
            String path = place.getKey();
            Optional<FileStatus> status = status(path);
            // A file with two names, as /sbin has them where it is a link, is asked once.
            if (!isCandidate(path, place.getValue(), status) || status.isPresent() && !seen.add(List.of(status.get().device(), status.get().inode()))) {
                continue;
            }
            CriuProbe.Answer answer = ask(path, status);
            if (answer.version().isPresent()) {
                return new CriuBinary(path, answer.version().get(), place.getValue(), passed);
            }
            passed.add(new CriuSearch.Passed(path, place.getValue(), answer.reason()));
        }
        return new CriuSearch.NotFound(passed);
    }

    private CriuSearch askedFor(String asked) {
        Optional<String> path = asked.contains("/")
                ? Optional.of(absolute(asked))
                : inDirectories(searchPath(), asked).stream().findFirst();
        if (path.isEmpty()) {
            return new CriuSearch.Unusable(asked, "there is no such program in PATH");
        }
        CriuProbe.Answer answer = ask(path.get(), status(path.get()));
        return answer.version()
                .<CriuSearch>map(version -> new CriuBinary(path.get(), version, ASKED_FOR, List.of()))
                .orElseGet(() -> new CriuSearch.Unusable(path.get(), answer.reason()));
    }

    /** Path → origin, of every place where there may be one; nothing is looked at yet. The first origin of a path counts. */
    private Map<String, String> places() {
        Map<String, String> places = new LinkedHashMap<>();
        String named = environment.getOrDefault("THAW_CRIU", "");
        if (!named.isEmpty()) {
            places.put(absolute(named), FROM_ENVIRONMENT);
        }
        for (String prefix : installedPrefixes()) {
            places.putIfAbsent(prefix + "/bin/criu", INSTALLED);
        }
        for (String directory : searchPath()) {
            if (directory.startsWith("/")) {
                places.putIfAbsent(directory + "/criu", IN_PATH);
            }
        }
        for (String directory : systemDirectories) {
            places.putIfAbsent(directory + "/criu", directory);
        }
        return places;
    }

    /** What the user has named counts even where there is nothing: messages tell. */
    private boolean isCandidate(String path, String origin, Optional<FileStatus> status) {
        if (origin.equals(FROM_ENVIRONMENT)) {
            return true;
        }
        boolean isFile = status.filter(FileStatus::isRegular).isPresent();
        return origin.equals(INSTALLED) ? isFile && !isInForeignHome(path) : isFile && FileCalls.isExecutable(path);
    }

    /** Root must not run what lies in somebody else's home: sudo may keep HOME. */
    private boolean isInForeignHome(String path) {
        String home = environment.getOrDefault("HOME", "");
        return path.equals(home + HOME_PREFIX + "/bin/criu") && status(home).filter(status -> status.uid() == ProcessCalls.geteuid()).isEmpty();
    }

    private List<String> installedPrefixes() {
        List<String> prefixes = new ArrayList<>();
        String named = environment.getOrDefault("THAW_CRIU_PREFIX", "");
        if (named.startsWith("/")) {
            prefixes.add(named);
        }
        prefixes.add(systemPrefix);
        String home = environment.getOrDefault("HOME", "");
        if (home.startsWith("/")) {
            prefixes.add(home + HOME_PREFIX);
        }
        return prefixes;
    }

    private List<String> searchPath() {
        return List.of(environment.getOrDefault("PATH", "").split(":"));
    }

    private static List<String> inDirectories(List<String> directories, String name) {
        return directories.stream()
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> directory + "/" + name)
                .filter(path -> exists(path) && FileCalls.isExecutable(path))
                .toList();
    }

    private CriuProbe.Answer ask(String path, Optional<FileStatus> status) {
        if (status.isEmpty()) {
            return CriuProbe.Answer.fails("there is no such file");
        }
        if (!status.get().isRegular() || !FileCalls.isExecutable(path)) {
            return CriuProbe.Answer.fails("it is no executable file");
        }
        Optional<CriuVersion> known = verdicts.find(path);
        if (known.isPresent()) {
            return CriuProbe.Answer.works(known.get());
        }
        CriuProbe.Answer answer = probe.ask(path);
        answer.version().ifPresent(version -> verdicts.remember(path, version));
        return answer;
    }

    private static boolean exists(String path) {
        return status(path).filter(FileStatus::isRegular).isPresent();
    }

    private static Optional<FileStatus> status(String path) {
        try {
            return FileCalls.statIfExists(path);
        } catch (LinuxException notForUs) {
            return Optional.empty(); // a directory of PATH that we may not enter
        }
    }

    private static String absolute(String path) {
        return path.startsWith("/") ? path : FileCalls.getcwd() + "/" + path;
    }

    private static Map<String, String> variables(List<String> environment) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String entry : environment) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                // As getenv(3): the first one counts.
                variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return Map.copyOf(variables);
    }
}
