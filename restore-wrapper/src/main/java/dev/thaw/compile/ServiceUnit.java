package dev.thaw.compile;

import dev.thaw.criu.CriuCommandLine;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.Use;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A plan as a unit of systemd's that carries it out without thaw. A shell gives criu what the plan opens: the service manager's own OpenFile= opens
 * for both directions what was open for writing. The application becomes the main process.
 *
 * @param text the unit
 * @param imagesDirectory the images, or the overlay of them that it needs
 */
public record ServiceUnit(String text, String imagesDirectory) {
    /**
     * Empty where the plan is not of a service's streams. Files of the application's cgroup are those of the service's own, also where the dumped one is
     * there still or again: a service that restores itself has the very same.
     */
    public static Optional<ServiceUnit> of(CompiledPlan plan) {
        String streams = serviceStreams(plan) + (plan.cgroup().isPresent() ? OwnCgroup.GONE : "");
        return plan.variants().stream().filter(variant -> variant.streams().equals(streams)).findFirst().map(variant -> of(plan, variant));
    }

    /** A service reads from /dev/null, and writes both of its streams to the journal by one socket. */
    private static String serviceStreams(CompiledPlan plan) {
        String letters = letter(plan, 0, StreamKind.NULL) + letter(plan, 1, StreamKind.SOCKET) + letter(plan, 2, StreamKind.SOCKET);
        return plan.streams().contains(1) && plan.streams().contains(2) ? letters + "=" : letters;
    }

    private static String letter(CompiledPlan plan, int stream, StreamKind kind) {
        return plan.streams().contains(stream) ? Character.toString(kind.letter()) : "-";
    }

    private static ServiceUnit of(CompiledPlan plan, Variant variant) {
        return new ServiceUnit("""
                # Made by thaw plan --format systemd. It holds for the images, programs and files as they are.
                [Unit]
                Description=Restored by criu

                [Service]
                Type=forking
                RuntimeDirectory=thaw-%N
                CacheDirectory=thaw-%N
                PIDFile=/run/thaw-%N/pid
                StandardInput=null
                StandardOutput=journal
                StandardError=inherit
                ExecStart=/bin/sh -c PROGRAM
                """.replace("PROGRAM", quote(program(plan, variant))), variant.imagesDirectory());
    }

    /** For {@code sh -c}. */
    private static String program(CompiledPlan plan, Variant variant) {
        List<Handover> handovers = variant.plan().handovers();
        StringBuilder text = new StringBuilder();
        List<String> paths = Variant.paths(handovers);
        plan.cgroup().ifPresent(cgroup -> text.append(cgroup(cgroup, paths)));
        for (String path : paths) {
            String word = OwnCgroup.word(path);
            text.append("[ -f ").append(word).append(" ] || [ ").append(OwnCgroup.isOurs(path) ? "-d " + word : word + " -ef /dev/null").append(" ] || { echo ")
                    .append(word).append(" is missing >&2; exit 1; }; ");
        }
        handovers.stream().filter(handover -> Variant.seek(handover.opening()) > 0).forEach(handover -> text.append(sought(handover)));
        if (!handovers.isEmpty()) {
            // criu runs a file, and /run is often mounted noexec.
            text.append("printf '#!/bin/sh\\n%s\\n' ").append(ShellText.quote(proof(handovers)))
                    .append(" >\"$CACHE_DIRECTORY/proof\" && chmod 700 \"$CACHE_DIRECTORY/proof\" || exit 1; ");
        }
        text.append("exec ").append(CriuCommandLine.service(plan.criu(), variant.imagesDirectory(), variant.plan()).stream().map(ShellText::quote)
                .collect(Collectors.joining(" "))).append(" --work-dir \"$RUNTIME_DIRECTORY\" --pidfile \"$RUNTIME_DIRECTORY/pid\"");
        if (!handovers.isEmpty()) {
            text.append(" --action-script \"$CACHE_DIRECTORY/proof\"");
        }
        handovers.stream().filter(handover -> Variant.seek(handover.opening()) == 0).forEach(handover -> text.append(' ').append(redirection(handover)));
        return text.toString();
    }

    private static String redirection(Handover handover) {
        return handover.number() + Variant.redirection(handover.opening()).orElseThrow();
    }

    /** The proof, which criu runs, needs the variables as well. */
    private static String cgroup(OwnCgroup cgroup, List<String> paths) {
        List<String> variables = cgroup.variables(paths);
        return variables.isEmpty() ? "" : "export " + variables.stream().map(name -> name + "=''").collect(Collectors.joining(" ")) + "; " + cgroup.search(paths) + "; "
                + variables.stream().map(name -> "[ -n \"$" + name + "\" ] || { echo the cgroup of this service cannot be seen here >&2; exit 1; }; ")
                .collect(Collectors.joining());
    }

    /** Opened, and brought to its place by reading up to there. */
    private static String sought(Handover handover) {
        long place = Variant.seek(handover.opening());
        return "exec " + redirection(handover) + "; head -c " + place + " <&" + handover.number() + " >/dev/null; read -r name place </proc/self/fdinfo/" + handover.number()
                + "; [ \"$place\" = " + place + " ] || { echo " + OwnCgroup.word(((Opening.Path) handover.opening()).path()) + " ends before byte " + place
                + " >&2; exit 1; }; ";
    }

    /** Run by criu when all is restored and nothing of it has run, as a child of criu's, whose own streams are those of the service. */
    private static String proof(List<Handover> handovers) {
        StringBuilder text = new StringBuilder("[ \"$CRTOOLS_SCRIPT_ACTION\" = post-restore ] || exit 0");
        for (Handover handover : handovers) {
            String opened = handover.opening() instanceof Opening.Own own ? "/proc/$PPID/fd/" + own.number()
                    : OwnCgroup.word(((Opening.Path) handover.opening()).path());
            for (Use use : handover.uses()) {
                text.append("; [ /proc/").append(use.pids().get(0)).append("/fd/").append(use.fd()).append(" -ef ").append(opened).append(" ] || exit 1");
            }
        }
        return text.toString();
    }

    /** One word of ExecStart=, byte for byte (man 7 systemd.syntax, man 5 systemd.service: variables and specifiers). */
    static String quote(String word) {
        StringBuilder text = new StringBuilder("\"");
        for (char c : word.toCharArray()) {
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c == '$' || c == '%') {
                text.append(c).append(c);
            } else if (c < ' ' || c > '~') {
                text.append("\\x%02x".formatted((int) c));
            } else {
                text.append(c);
            }
        }
        return text.append('"').toString();
    }
}
