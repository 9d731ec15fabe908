package dev.thaw.compat;

import dev.thaw.compat.Here.Asked;
import dev.thaw.criu.CriuVersion;
import dev.thaw.image.Compatibility;
import dev.thaw.image.Compatibility.FileIdentity;
import dev.thaw.image.Manifest;
import dev.thaw.linux.Capabilities;
import dev.thaw.linux.KernelString;
import dev.thaw.report.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** (what was recorded, what there is, what the user accepts) → every mismatch, the worst first. Pure. */
public final class Comparison {
    /** Of criu's options those that a restore has to repeat and thaw does not derive from the images. */
    private static final Set<String> TO_BE_REPEATED = Set.of("--skip-in-flight", "--lsm-profile", "--lsm-mount-context", "--root", "-r",
            "--enable-external-sharing", "--enable-external-masters", "--weak-sysctls", "--mntns-compat-mode");
    private static final String RELEASE = "(\\d{1,4})\\.(\\d{1,4}).*";
    private static final Duration CLOCKS_AGREE = Duration.ofSeconds(1);

    private final Manifest image;
    private final Compatibility recorded;
    private final Here here;
    private final List<Mismatch> found = new ArrayList<>();

    private Comparison(Manifest image, Here here) {
        this.image = image;
        this.recorded = image.compatibility();
        this.here = here;
    }

    /** @param accepted words of {@code --accept}; what is accepted becomes a note */
    public static List<Mismatch> of(Manifest image, Here here, Set<String> accepted) {
        Comparison comparison = new Comparison(image, here);
        comparison.compare();
        return comparison.found.isEmpty() ? List.of() : comparison.found.stream().map(mismatch -> mismatch.accepted(accepted))
                .sorted((a, b) -> a.severity().compareTo(b.severity())).toList();
    }

    private void compare() {
        here.asked().ifPresent(this::command);
        versions();
        if (recorded.isKnown()) {
            processor();
            boot();
            rights();
            files();
        }
        options();
    }

    private void command(Asked asked) {
        List<String> was = recorded.command().isEmpty() ? image.command() : recorded.command();
        if (!was.equals(asked.command())) {
            found.add(Mismatch.fatal(Kind.COMMAND, "the image is of another command: " + words(was),
                    "asked for is: " + words(asked.command()), "another IMAGE for this command"));
            return;
        }
        if (recorded.program().isEmpty()) {
            return;
        }
        Map<String, FileIdentity> then = recorded.program().stream().collect(Collectors.toMap(FileIdentity::path, Function.identity(), (a, b) -> a));
        for (FileIdentity now : asked.program()) {
            FileIdentity before = then.remove(now.path());
            if (before == null) {
                found.add(Mismatch.fatal(Kind.EXECUTABLE, "the command now runs " + KernelString.printable(now.path()),
                        "at the checkpoint it ran " + then.keySet().stream().map(KernelString::printable).collect(Collectors.joining(", "))
                                + (then.isEmpty() ? "without it" : "")));
            } else if (isOtherBuild(before, now)) {
                found.add(Mismatch.fatal(Kind.EXECUTABLE, KernelString.printable(now.path()) + " was changed after the checkpoint", difference(before, now)));
            }
        }
    }

    private void versions() {
        if (image.architecture() != null && !image.architecture().equals(here.architecture())) {
            found.add(Mismatch.fatal(Kind.ARCHITECTURE, "the image is of a machine of another kind: " + image.architecture(),
                    "this one is " + here.architecture(), "restore it on " + image.architecture()));
        }
        Optional<CriuVersion> dumper = image.criuVersion() == null ? Optional.empty() : CriuVersion.ofText(image.criuVersion());
        if (dumper.isPresent() && here.criu().isPresent() && here.criu().get().compareTo(dumper.get()) < 0) {
            found.add(Mismatch.fatal(Kind.CRIU, "the image was written by criu " + dumper.get() + ", and this criu is " + here.criu().get(),
                    "an older criu does not know what a newer one writes", "--criu with criu " + dumper.get() + " or newer"));
        }
        if (isOlder(here.thawVersion(), image.thawVersion())) {
            found.add(Mismatch.warning(Kind.THAW, "the image was written by thaw " + image.thawVersion() + ", and this thaw is " + here.thawVersion(),
                    "what a newer thaw recorded beyond what this one knows is not looked at"));
        }
        if (image.kernel() != null && !image.kernel().equals(here.kernel())) {
            String what = "the image is of Linux " + image.kernel() + ", and this is " + here.kernel();
            found.add(isOlder(here.kernel(), image.kernel())
                    ? Mismatch.warning(Kind.KERNEL, what, "a program may use what an older kernel does not have")
                    : Mismatch.note(Kind.KERNEL, what));
        }
    }

    private void processor() {
        List<String> missing = new ArrayList<>(recorded.cpuFlags());
        missing.removeIf(here.cpuFlags()::contains);
        if (!missing.isEmpty() && image.architecture().equals(here.architecture())) {
            found.add(Mismatch.fatal(Kind.CPU, "this processor lacks what the image's had: " + String.join(" ", missing),
                    "programs choose their instructions once, at their start; these would end them with SIGILL at any time later",
                    "restore it on a machine like the one it is of", "start the application with less: -XX:UseAVX=2 for a JVM, GLIBC_TUNABLES for the C library"));
        }
    }

    private void boot() {
        if (here.bootId().equals(image.bootId())) {
            return;
        }
        Duration back = Duration.ofMillis(recorded.monotonicMillis() - here.monotonicMillis());
        String what = "the machine is another one, or was started again, since the checkpoint";
        found.add(back.compareTo(CLOCKS_AGREE) > 0
                ? Mismatch.warning(Kind.BOOT, what, "the clock of its timers goes back by " + Durations.format(back)
                        + ": a wait that was under way may end that much later")
                : Mismatch.note(Kind.BOOT, what));
    }

    private void rights() {
        if (here.uid() != 0 && (here.uid() != recorded.uid() || here.gid() != recorded.gid())) {
            found.add(Mismatch.fatal(Kind.USER, "the image is of uid " + recorded.uid() + " and gid " + recorded.gid(),
                    "thaw runs as uid " + here.uid() + " and gid " + here.gid() + ", and only root may restore for others",
                    "as root, or as uid " + recorded.uid()));
        }
        long missing = (recorded.capabilities().isEmpty() ? 0 : Long.parseUnsignedLong(recorded.capabilities(), 16)) & ~here.capabilities();
        if (missing != 0) {
            found.add(Mismatch.fatal(Kind.CAPABILITIES, "the application had rights that thaw cannot give: " + Capabilities.names(missing),
                    "a process gives no capability that it does not have itself (man 7 capabilities)", "thaw with these capabilities"));
        }
    }

    /** Files that are gone or of another size are for the planner, which knows whether a rule puts another in their place. */
    private void files() {
        for (FileIdentity before : recorded.files()) {
            Optional<FileIdentity> now = here.files().getOrDefault(before.path(), Optional.empty());
            if (now.isEmpty() || now.get().size() != before.size() || now.get().modifiedNanos() == before.modifiedNanos()) {
                continue;
            }
            String what = KernelString.printable(before.path()) + " was changed after the checkpoint";
            if (before.buildId().isEmpty()) {
                found.add(Mismatch.warning(Kind.EXECUTABLE, what, difference(before, now.get())
                        + "; it has the same size and no build-id, so that nobody can tell whether it is the same"));
            } else if (isOtherBuild(before, now.get())) {
                found.add(Mismatch.fatal(Kind.EXECUTABLE, what, difference(before, now.get()) + "; memory that was mapped from it would be another's",
                        "put back the version that was there at the checkpoint", "a cold start, and a new checkpoint"));
            }
        }
    }

    private void options() {
        for (String option : image.criuOptions()) {
            if (TO_BE_REPEATED.contains(option.contains("=") ? option.substring(0, option.indexOf('=')) : option)) {
                found.add(Mismatch.warning(Kind.OPTIONS, "the checkpoint was made with criu's option " + option,
                        "criu wants it at the restore as well, and thaw does not give it"));
            }
        }
    }

    private static boolean isOtherBuild(FileIdentity before, FileIdentity now) {
        if (before.size() == now.size() && !before.buildId().isEmpty()) {
            return !before.buildId().equals(now.buildId());
        }
        return before.size() != now.size() || before.modifiedNanos() != now.modifiedNanos();
    }

    private static String difference(FileIdentity before, FileIdentity now) {
        if (before.size() != now.size()) {
            return "it had " + before.size() + " bytes and has " + now.size();
        }
        if (!before.buildId().isEmpty() && !before.buildId().equals(now.buildId())) {
            return "its build-id was " + before.buildId() + " and is " + (now.buildId().isEmpty() ? "missing" : now.buildId());
        }
        return "it was written at " + time(before) + " then, and at " + time(now) + " now";
    }

    private static String time(FileIdentity file) {
        return Instant.ofEpochSecond(0, file.modifiedNanos()).truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** By the first two numbers; of texts without them nothing is known. */
    private static boolean isOlder(String now, String then) {
        if (now == null || then == null || now.equals(then)) {
            return false;
        }
        Pattern release = Pattern.compile(RELEASE, Pattern.DOTALL);
        Matcher a = release.matcher(now);
        Matcher b = release.matcher(then);
        if (!a.matches() || !b.matches()) {
            return false;
        }
        int major = Integer.compare(Integer.parseInt(a.group(1)), Integer.parseInt(b.group(1)));
        return major < 0 || major == 0 && Integer.parseInt(a.group(2)) < Integer.parseInt(b.group(2));
    }

    private static String words(List<String> command) {
        return command.stream().map(word -> word.matches("[A-Za-z0-9_./:=,+@%-]+") ? word : "'" + KernelString.printable(word).replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}
