package dev.thaw.compile;

import dev.thaw.criu.CriuCommandLine;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Use;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A compiled plan as a program for bash, to be sourced by {@code thaw} or run by hand. Until it starts criu it changes nothing; when something is
 * not as the plan assumes it gives up, and the planner decides anew.
 */
public final class RestoreProgram {
    /** How long criu may take; seconds. */
    private static final int LIMIT_SECONDS = 300;
    /** Numbers so close ahead of the kernel's counter could be handed out before criu asks for them. */
    private static final int MARGIN = 512;

    private static final Pattern PLACE = Pattern.compile("%([A-Z]+)%");

    private static final String TEMPLATE = """
            #!/bin/bash -p
            # Restores %GENERATION% without a JVM, where everything is as it was when this was written;
            # made by thaw checkpoint, taken by thaw restore, see docs/speed.md.
            # Status: 0 restored, 1 something is different or went wrong; nothing of the application runs then.

            thaw_root=%ROOT%
            thaw_images=%IMAGES%

            # Sets thaw_flags to its flags, and thaw_kind to a letter for stream $1, which has to be open for $2: 0 reading, 1 writing.
            thaw_kind() {
                local name='' value='' access
                thaw_kind='?'
                [[ ! -t $1 ]] || return
                while IFS=$' \\t' read -r name value; do
                    [[ $name != flags: ]] || break
                done <"/proc/self/fdinfo/$1"
                thaw_flags=$((8#${value:-3}))
                access=$((thaw_flags & 3))
                if [[ "/proc/self/fd/$1" -ef /dev/null ]]; then
                    thaw_kind=n
                elif ((access != $2 && access != 2)); then
                    return
                elif [[ -p /proc/self/fd/$1 ]]; then
                    thaw_kind=p
                elif [[ -S /proc/self/fd/$1 ]]; then
                    thaw_kind=s
                elif [[ -f /proc/self/fd/$1 ]]; then
                    thaw_kind=f
                fi
            }

            thaw_restore() {
                local criu=%CRIU% IFS=$' \\t\\n' line last next mark number thaw_kind thaw_flags kinds='' criu_pid ended proof='' reader='' i
                local -a arguments=() opened=()

                # Who we are, and where.
                ((EUID == 0)) || return 1
                [[ -z ${NOTIFY_SOCKET-}${LISTEN_FDS-}${THAW_CRIU_PREFIX-} && ${THAW_CRIU:-"$criu"} == "$criu" ]] || return 1
                read -r line 2>/dev/null </proc/sys/kernel/random/boot_id && [[ $line == %BOOT% ]] || return 1
                while read -r mark line; do
                    [[ $mark != CapPrm: ]] || break
                done </proc/self/status
                [[ $line == %CAPABILITIES% ]] || return 1
            %CGROUP%    for mark in %MARKS%; do
                    [[ ! -e $mark ]] || return 1
                done

                # The pids and thread ids of the image are free. The kernel's counter has to be past them, or well before.
                read -r last 2>/dev/null </proc/sys/kernel/ns_last_pid && read -r mark </proc/sys/kernel/pid_max || return 1
                next=$last
                for number in %NUMBERS%; do
                    thaw_free "$number" || return 1
                    ((number <= next || number > next + %MARGIN%)) || next=$number
                done
                ((next + %MARGIN% < mark)) || return 1

                # Images, criu and programs are those that the plan was made for.
                line=$(LC_ALL=C stat -Lc '%FORMAT%' -- \\
            %FILES% 2>/dev/null) || return 1
                [[ $line == %FINGERPRINT% ]] || return 1

                # What the caller's streams are, where they matter.
            %KINDS%
                case $kinds in
            %VARIANTS%
                    *) return 1 ;;
                esac

                if ((next != last)); then
                    { echo "$next" >/proc/sys/kernel/ns_last_pid; } 2>/dev/null || { thaw_close "${opened[@]}"; return 1; }
                fi

                # criu has a shell run its action script, and a path may hold anything. It runs it at each step, so not where nothing is to be proven.
                if ((${#opened[@]} > 0)); then
                    [[ -r %PROOF% ]] || { thaw_close "${opened[@]}"; return 1; }
                    exec {proof}<%PROOF%
                    arguments+=(--action-script "/proc/$$/fd/$proof")
                fi

            %AHEAD%    # criu gets each descriptor under the number that its argument names. Its own output ends when it does.
                exec {ended}< <(
                    for i in "${!opened[@]}"; do
                        eval "exec $((i + 3))>&${opened[i]}"
                    done
                    THAW_PLAN=$$ THAW_STREAMS=$kinds THAW_OPENED=${opened[*]} exec "$criu" "${arguments[@]}" </dev/null 2>/dev/null
                )
                criu_pid=$!
                while true; do
                    read -r -t %LIMIT% -u "$ended" line
                    number=$?
                    ((number == 0)) || break
                done
                ((number <= 128)) || kill -KILL "$criu_pid" %NUMBERS% 2>/dev/null
                wait "$criu_pid"
                number=$?
                [[ -z $reader ]] || { kill "$reader"; wait "$reader"; } 2>/dev/null
                exec {ended}<&-
                thaw_close ${proof:+"$proof"} "${opened[@]}"
                ((number == 0))
            }

            # Waits for a process that has ended to be reaped by its parent, which takes some a while.
            thaw_free() {
                local i stat
                for ((i = 0; i < 200; i++)); do
                    [[ -e /proc/$1 ]] || return 0
                    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || continue
                    stat=${stat##*) }
                    [[ $stat == [ZX]* ]] || return 1
                    # Nobody ever writes to this pipe.
                    read -r -t 0.01 stat <> <(:)
                done
                return 1
            }

            thaw_close() {
                local number
                for number; do
                    exec {number}>&-
                done
            }
            %READER%
            [[ ${BASH_SOURCE[0]} != "$0" ]] || thaw_restore
            """;

    private RestoreProgram() {}

    /** The program; each char of paths is one byte, as in {@code KernelString}. */
    public static String text(CompiledPlan plan) {
        Map<String, String> parts = new HashMap<>();
        parts.put("GENERATION", comment(plan.generation()));
        parts.put("IMAGES", ShellText.quote(plan.generation()));
        parts.put("PROOF", ShellText.quote(plan.proof()));
        parts.put("CRIU", ShellText.quote(plan.criu()));
        parts.put("BOOT", ShellText.quote(plan.bootId()));
        parts.put("CAPABILITIES", plan.capabilities());
        parts.put("CGROUP", cgroup(plan));
        parts.put("MARKS", words(plan.marks()));
        parts.put("MARGIN", Integer.toString(MARGIN));
        parts.put("NUMBERS", plan.numbers().stream().map(String::valueOf).collect(Collectors.joining(" ")));
        parts.put("FORMAT", CompiledPlan.FORMAT);
        parts.put("LIMIT", Integer.toString(LIMIT_SECONDS));
        parts.put("ROOT", Integer.toString(plan.rootPid()));
        parts.put("KINDS", kinds(plan));
        parts.put("VARIANTS", variants(plan));
        parts.put("AHEAD", ReadAhead.start(plan));
        parts.put("READER", ReadAhead.function(plan));
        parts.put("FILES", lines(plan.files()));
        parts.put("FINGERPRINT", "'" + String.join("\n", plan.fingerprint()) + "'");
        // In one pass: a path may hold what looks like a place for another part.
        return PLACE.matcher(TEMPLATE).replaceAll(found -> Matcher.quoteReplacement(parts.get(found.group(1))));
    }

    /** The program that criu runs at its steps: at the one where all is restored and nothing has run, it looks whether everything has arrived. */
    public static String proof(CompiledPlan plan) {
        StringBuilder text = new StringBuilder("""
                #!/bin/sh
                # Run by criu. $THAW_PLAN is the shell that has opened the descriptors, $THAW_OPENED are their numbers there.
                [ "$CRTOOLS_SCRIPT_ACTION" = post-restore ] || exit 0
                # Nobody would attend to the application.
                [ -e "/proc/$THAW_PLAN/fd" ] || exit 1
                set -- $THAW_OPENED
                case $THAW_STREAMS in
                """);
        for (Variant variant : plan.variants()) {
            text.append("    ").append(ShellText.quote(variant.streams())).append(')');
            List<Handover> handovers = variant.plan().handovers();
            for (int i = 0; i < handovers.size(); i++) {
                for (Use use : handovers.get(i).uses()) {
                    text.append("\n        [ /proc/").append(use.pids().get(0)).append("/fd/").append(use.fd()).append(" -ef \"/proc/$THAW_PLAN/fd/${")
                            .append(i + 1).append("}\" ] || exit 1");
                }
            }
            text.append(" ;;\n");
        }
        return text.append("    *) exit 1 ;;\nesac\n").toString();
    }

    private static String cgroup(CompiledPlan plan) {
        return plan.cgroup().map(text -> "    # Files of a cgroup are those of the cgroup that we are in.\n"
                + "    IFS= read -r -d '' line </proc/self/cgroup\n    [[ $line == " + ShellText.quote(text) + " ]] || return 1\n").orElse("");
    }

    private static String kinds(CompiledPlan plan) {
        StringBuilder text = new StringBuilder();
        for (int stream = 0; stream <= 2; stream++) {
            text.append(plan.streams().contains(stream) ? "    thaw_kind " + stream + " " + (stream == 0 ? 0 : 1) + "; kinds+=$thaw_kind\n" : "    kinds+=-\n");
        }
        if (plan.streams().contains(0)) {
            text.append("    [[ ! /proc/self/fd/0 -ef /proc/self/fd/1 && ! /proc/self/fd/0 -ef /proc/self/fd/2 ]] || return 1\n");
        }
        if (plan.streams().contains(1) && plan.streams().contains(2)) {
            text.append("    if [[ /proc/self/fd/1 -ef /proc/self/fd/2 ]]; then\n"
                    + "        # One offset or two, for what is not appended: a shell cannot tell.\n"
                    + "        [[ $kinds != ?ff ]] || ((thaw_flags & 8#2000)) || return 1\n"
                    + "        kinds+==\n    fi\n");
        }
        return text.toString();
    }

    private static String variants(CompiledPlan plan) {
        StringBuilder text = new StringBuilder();
        for (Variant variant : plan.variants()) {
            text.append("        ").append(ShellText.quote(variant.streams())).append(")\n");
            List<Handover> handovers = variant.plan().handovers();
            Variant.paths(handovers).forEach(path -> text.append("            [[ -r ").append(ShellText.quote(path)).append(" && -w ")
                    .append(ShellText.quote(path)).append(" && ( -f ").append(ShellText.quote(path)).append(" || ").append(ShellText.quote(path))
                    .append(" -ef /dev/null ) ]] || return 1\n"));
            for (Handover handover : handovers) {
                text.append("            exec {number}").append(Variant.redirection(handover.opening()).orElseThrow())
                        .append(" && opened+=(\"$number\")\n");
            }
            List<String> argv = CriuCommandLine.compiled(plan.criu(), variant.imagesDirectory(), plan.directory(), variant.plan());
            text.append("            arguments=(").append(words(argv.subList(1, argv.size()))).append(")\n            ;;\n");
        }
        return text.toString().stripTrailing();
    }

    private static String words(List<String> words) {
        return words.stream().map(ShellText::quote).collect(Collectors.joining(" "));
    }

    private static String lines(List<String> words) {
        return words.stream().map(word -> "        " + ShellText.quote(word)).collect(Collectors.joining(" \\\n"));
    }

    private static String comment(String path) {
        return path.chars().allMatch(c -> c >= ' ' && c < 127) ? path : "the images beside it";
    }
}
