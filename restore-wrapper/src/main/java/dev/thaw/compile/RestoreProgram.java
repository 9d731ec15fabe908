package dev.thaw.compile;

import dev.thaw.criu.ClockStart;
import dev.thaw.criu.CriuCommandLine;
import dev.thaw.criu.ShortStart;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.Use;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    /** Where the kernel goes on after the highest pid (kernel/pid.c, RESERVED_PIDS). */
    private static final int FIRST_AFTER_WRAP = 300;

    private static final Pattern RECORD = Pattern.compile("(.*?\"pid\":)\\d+(,\"startTicks\":)0(,\"bootId\":\")(\",\"started\":\")(\".*)", Pattern.DOTALL);
    private static final Pattern PLACE = Pattern.compile("%([A-Z]+)%");

    private static final String TEMPLATE = """
            #!/bin/bash -p
            # Restores %GENERATION% without a JVM, where everything is as it was when this was written;
            # made by thaw checkpoint, taken by thaw restore, see docs/speed.md.
            # Status: 0 restored, 1 something is different or went wrong; nothing of the application runs then.

            thaw_root=%ROOT%
            thaw_images=%IMAGES%

            # Tells images, criu and programs apart from others of the same name.
            thaw_look() {
                local -a files=()
                mapfile -d '' -t files 2>/dev/null <%LIST%
                LC_ALL=C exec stat -c '%FORMAT%' -- "${files[@]:1}" 2>/dev/null
            }

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

            # They have nothing to clean up, and what asks for an end may be ignored.
            thaw_end_readers() {
                ((${#thaw_readers[@]} == 0)) || { kill -KILL "${thaw_readers[@]}"; wait "${thaw_readers[@]}"; } 2>/dev/null
            }

            # Restores. With $1 somebody else attends to the application: this shell becomes it when a line comes from thaw_ended, and criu lets nothing run
            # before. Then thaw_criu is criu's pid, thaw_held are the descriptors to be closed when criu has ended, and thaw_end_readers
            # is to be called. With $2 the application gets a pid namespace of its own, which lives as long as thaw_life is open, or until the application
            # ends once its pid in there was written to that. Then thaw_criu is criu's parent, and thaw_root becomes the application's pid out here.
            thaw_restore() {
                local attend=${1-} space=${2-} gate='' script said=''
                local criu=%CRIU% IFS=$' \\t\\n' line last next mark number thaw_kind thaw_flags kinds='' ended proof='' i%VARIABLES%
                local -a arguments=() opened=() processor=()
                thaw_life=''

                # Who we are, and where.
                ((EUID == 0)) || return 1
                [[ -z ${LISTEN_FDS-}${THAW_CRIU_PREFIX-} && ${THAW_CRIU:-"$criu"} == "$criu" ]] || return 1
                [[ -n $attend || -z ${NOTIFY_SOCKET-} ]] || return 1
                [[ -z $attend || -n '%ATTENDABLE%' ]] || return 1
                read -r line 2>/dev/null </proc/sys/kernel/random/boot_id || return 1
                if [[ $line != %BOOT% ]]; then
                    # Started again: all that counts of it is the kernel and the processor, where the clocks are the application's own.
                    read -r line </proc/sys/kernel/osrelease && [[ $line == %KERNEL% ]] || return 1
                    mapfile -t -n 64 processor </proc/cpuinfo
                    for line in "${processor[@]}"; do
                        [[ $line != flags* && $line != Features* ]] || break
                    done
                    [[ $line == %PROCESSOR% ]] || return 1
                fi
                # In one piece: line by line bash would read it as often as it has lines.
                IFS= read -r -d '' line </proc/self/status
                [[ $line == *$'\\nCapPrm:\\t'%CAPABILITIES%$'\\n'* ]] || return 1
                for mark in %MARKS%; do
                    [[ ! -e $mark ]] || return 1
                done

                # In a fresh namespace all of them are.
                if [[ -n $space ]]; then
                    [[ -n '%SPACE%' ]] || return 1
                    last=0 next=0
                else
                    thaw_find_room || return 1
                fi

                # Images, criu and programs are those that the plan was made for.
                # (thaw has looked already, for both of us).
                [[ ${thaw_found-$(thaw_look)} == %FINGERPRINT% ]] || return 1

                # What the caller's streams are, where they matter.
            %KINDS%%CGROUP%
                case $kinds in
            %VARIANTS%
                    *) return 1 ;;
                esac

                if ((next != last)); then
                    { echo "$next" >/proc/sys/kernel/ns_last_pid; } 2>/dev/null || { thaw_close "${opened[@]}"; return 1; }
                fi

                # criu runs its action script by a path, and a path may hold anything. The script ends the restore also when this process has died.
                [[ -r %PROOF% ]] || { thaw_close "${opened[@]}"; return 1; }
                exec {proof}<%PROOF%
                script=/proc/$$/fd/$proof
                [[ -z $space ]] || { thaw_hold_space && script=/proc/2/fd/0; }
                arguments+=(--action-script "$script")
                # Its output ends when it does.
                exec {ended}< <(thaw_start </dev/null 2>/dev/null)
                thaw_criu=$! thaw_readers=()
            %AHEAD%    if [[ -n $attend ]]; then
                    [[ -z $space ]] || exec {gate}<&-
                    thaw_ended=$ended thaw_held=("$proof" "$ended" "${opened[@]}")
                    return 0
                fi
                if [[ -n $space ]]; then
                    thaw_await_space
                else
                    while true; do
                        read -r -t %LIMIT% -u "$ended" line
                        number=$?
                        ((number == 0)) || break
                    done
                    ((number <= 128)) || kill -KILL "$thaw_criu" 2>/dev/null
                fi
                wait "$thaw_criu"
                number=$?
                thaw_end_readers
                if [[ -z $space ]]; then
                    ((number == 0)) || thaw_end %NUMBERS%
                else
                    ((number == 0)) && [[ -n $said ]] && echo "$thaw_root" >&"$thaw_life" && thaw_root=${said% *} || number=1
                    thaw_close "$thaw_life" "$gate"
                fi
                exec {ended}<&-
                thaw_close "$proof" "${opened[@]}"
                ((number == 0))
            }

            # Becomes criu, which gets each descriptor under the number that its argument names. No checkpoint removes the images while it has them locked.
            thaw_start() {
                local i uid=''
                local -a start
                for i in "${!opened[@]}"; do
                    eval "exec $((i + 3))>&${opened[i]}"
                done
                export THAW_PLAN=$$ THAW_SHELL=${attend:+$BASH} THAW_STREAMS=$kinds THAW_OPENED=${opened[*]}
                start=(%LOCK%)
            %SHORT%    start+=(%ENGINE% "${arguments[@]}")
                [[ -z $space ]] || thaw_start_space "${start[@]}"
                exec "${start[@]}"
            }

            # Sets last to the kernel's counter, and next to what that is to become.
            thaw_find_room() {
                local number mark
                # The pids and thread ids of the image are free. The kernel's counter has to be past them, or well before, and not about to begin anew.
                read -r last 2>/dev/null </proc/sys/kernel/ns_last_pid && read -r mark </proc/sys/kernel/pid_max || return 1
                for number in %NUMBERS%; do
                    thaw_free "$number" || return 1
                done
                # Where it is close to its end, it goes on as it would after that: behind the numbers that the kernel reserves.
                for next in "$last" %WRAP%; do
                    for number in %NUMBERS%; do
                        ((number <= next || number > next + %MARGIN%)) || next=$number
                    done
                    ((next + %MARGIN% >= mark)) || break
                done
                ((next + %MARGIN% < mark)) || return 1
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

            # Ends what a criu that failed or was killed has left: of these numbers those that are below this process. They are reaped then.
            thaw_end() {
                local number stat parent end nothing
                local -a ours=()
                for number in "$@" "$@"; do
                    { read -r stat <"/proc/$number/stat"; } 2>/dev/null || continue
                    stat=${stat##*) } parent=${stat#* } parent=${parent%% *}
                    [[ " $$ ${ours[*]} " != *" $parent "* || " ${ours[*]} " == *" $number "* ]] || ours+=("$number")
                done
                set -- "${ours[@]}"
                (($#)) && kill -KILL "$@" 2>/dev/null
                for ((end = SECONDS + 10; SECONDS < end; )); do
                    while (($#)) && [[ ! -e /proc/$1 ]]; do shift; done
                    (($#)) || return 0
                    read -r -t 0.01 nothing <> <(:)
                done
            }

            # Brings the file that was just opened to a place, by reading up to there. A shell drops the bytes that it cannot hold, hence the look.
            thaw_seek() {
                local LC_ALL=C name value
                read -r -N "$1" -u "$number" value
                read -r name value <"/proc/self/fdinfo/$number" && [[ $value == "$1" ]]
            }

            # The launch record of thaw_root. It started $1 clock ticks after the boot $2, at the time $3.
            thaw_record() {
                printf '%s\n' %RECORD%
            }

            thaw_close() {
                local number
                for number; do
                    exec {number}>&-
                done
            }
            %READER%%SEARCH%%SPACES%
            [[ ${BASH_SOURCE[0]} != "$0" ]] || thaw_restore
            """;

    private RestoreProgram() {}

    /** The program; each char of paths is one byte, as in {@code KernelString}. */
    public static String text(CompiledPlan plan) {
        Map<String, String> parts = new HashMap<>();
        parts.put("GENERATION", comment(plan.generation()));
        parts.put("IMAGES", ShellText.quote(plan.generation()));
        parts.put("PROOF", ShellText.quote(plan.proof()));
        parts.put("ENGINE", words(plan.engine()));
        parts.put("CRIU", ShellText.quote(plan.criu()));
        parts.put("BOOT", ShellText.quote(plan.machine().bootId()));
        // Where nothing but this boot will do no kernel is good enough.
        parts.put("KERNEL", ShellText.quote(plan.machine().isKept() ? plan.machine().kernel() : ""));
        parts.put("PROCESSOR", ShellText.quote(plan.machine().processor()));
        parts.put("CAPABILITIES", plan.capabilities());
        parts.put("CGROUP", plan.cgroup().isPresent() ? "    thaw_find_cgroup || return 1\n" : "");
        List<String> paths = plan.variants().stream().flatMap(variant -> Variant.paths(variant.plan().handovers()).stream()).distinct().toList();
        parts.put("SEARCH", plan.cgroup().map(cgroup -> cgroup.function(paths)).orElse(""));
        parts.put("VARIABLES", plan.cgroup().map(cgroup -> cgroup.variables(paths).stream().map(name -> " " + name + "=''").collect(Collectors.joining())).orElse(""));
        parts.put("SPACE", plan.namespace().isPresent() ? "yes" : "");
        parts.put("SPACES", plan.namespace().map(namespace -> namespace.functions(LIMIT_SECONDS)).orElse(""));
        parts.put("MARKS", words(plan.marks()));
        parts.put("ATTENDABLE", plan.attendable() ? "yes" : "");
        parts.put("LOCK", plan.lockable() ? CompiledPlan.LOCK + " " + ShellText.quote(plan.generation()) + " " : "");
        parts.put("SHORT", plan.shortStart().start().map(start -> shortStart(plan, start)).orElse(""));
        parts.put("RECORD", record(plan.record()));
        parts.put("MARGIN", Integer.toString(MARGIN));
        parts.put("WRAP", Integer.toString(FIRST_AFTER_WRAP));
        parts.put("NUMBERS", plan.numbers().stream().map(String::valueOf).collect(Collectors.joining(" ")));
        parts.put("FORMAT", CompiledPlan.FORMAT);
        parts.put("LIMIT", Integer.toString(LIMIT_SECONDS));
        parts.put("ROOT", Integer.toString(plan.rootPid()));
        parts.put("KINDS", kinds(plan));
        parts.put("VARIANTS", variants(plan));
        parts.put("AHEAD", ReadAhead.start(plan));
        parts.put("READER", ReadAhead.function(plan));
        parts.put("LIST", ShellText.quote(plan.directory() + "/" + CompiledPlan.FILES));
        parts.put("FINGERPRINT", "'" + String.join("\n", plan.fingerprint()) + "'");
        // In one pass: a path may hold what looks like a place for another part.
        return PLACE.matcher(TEMPLATE).replaceAll(found -> Matcher.quoteReplacement(parts.get(found.group(1))));
    }

    /** What {@code thaw} has to look at before it runs any of this, each with a NUL behind it: the generation, then the files of the fingerprint. */
    public static String files(CompiledPlan plan) {
        return plan.generation() + "\0" + plan.files().stream().map(file -> file + "\0").collect(Collectors.joining());
    }

    /** The program that criu runs at its steps: at the one where all is restored and nothing has run, it looks whether everything has arrived. */
    public static String proof(CompiledPlan plan) {
        StringBuilder text = new StringBuilder("""
                #!/bin/sh
                # Run by criu. $THAW_PLAN is the process that has opened the descriptors, $THAW_OPENED are their numbers there.
                [ "$CRTOOLS_SCRIPT_ACTION" = post-restore ] || exit 0
                plan=/proc/$THAW_PLAN
                # From a pid namespace it is seen by what criu has of it.
                [ -z "$THAW_SPACE" ] || plan=${CRTOOLS_IMAGE_DIR%/*}/2
                # Nobody would attend to the application. (Of a process that has only to be reaped there is no such file.)
                [ -e "$plan/exe" ] || exit 1
                # The shell becomes now, by way of env, the one who attends to the application. (criu closes its scripts' own streams.)
                [ -z "$THAW_SHELL" ] || echo >"${CRTOOLS_IMAGE_DIR%/*}/1"
                set -- $THAW_OPENED
                case $THAW_STREAMS in
                """);
        for (Variant variant : plan.variants()) {
            text.append("    ").append(ShellText.quote(variant.streams())).append(')');
            List<Handover> handovers = variant.plan().handovers();
            for (int i = 0; i < handovers.size(); i++) {
                for (Use use : handovers.get(i).uses()) {
                    text.append("\n        [ /proc/").append(use.pids().get(0)).append("/fd/").append(use.fd()).append(" -ef \"$plan/fd/${")
                            .append(i + 1).append("}\" ] || exit 1");
                }
            }
            text.append(" ;;\n");
        }
        return text.append("    *) exit 1 ;;\nesac\n").append("""
                # From then on no signal ends it unheard, and the application's end waits for it: only then may anything run.
                [ -n "$THAW_SHELL" ] || exit 0
                n=0
                while [ "$plan/exe" -ef "$THAW_SHELL" ] || [ "$plan/exe" -ef /usr/bin/env ]; do
                    n=$((n + 1))
                    [ $n -lt 1000 ] || sleep 0.01
                    [ $n -lt 4000 ] || exit 1
                done
                [ -e "$plan/exe" ]
                """).toString();
    }

    /** With what only the program knows in the places that are empty: they are before all that a user has chosen. */
    private static String record(String json) {
        Matcher places = RECORD.matcher(json);
        if (!places.matches()) {
            throw new IllegalArgumentException(json);
        }
        return ShellText.quote(places.group(1)) + "\"$thaw_root\"" + ShellText.quote(places.group(2)) + "\"$1\"" + ShellText.quote(places.group(3)) + "\"$2\""
                + ShellText.quote(places.group(4)) + "\"$3\"" + ShellText.quote(places.group(5));
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
            for (Opening.Path path : Variant.openings(handovers)) {
                String word = OwnCgroup.word(path.path());
                String right = (path.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_RDONLY ? "-r " : "-w ";
                text.append("            [[ ").append(right).append(word).append(" && ( -f ").append(word).append(" || ")
                        .append(OwnCgroup.isOurs(path.path()) ? "-d " + word : word + " -ef /dev/null").append(" ) ]] || return 1\n");
            }
            for (Handover handover : handovers) {
                text.append("            exec {number}").append(Variant.redirection(handover.opening()).orElseThrow())
                        .append(" && opened+=(\"$number\")\n");
                if (Variant.seek(handover.opening()) > 0) {
                    text.append("            thaw_seek ").append(Variant.seek(handover.opening())).append(" || { thaw_close \"${opened[@]}\"; return 1; }\n");
                }
            }
            List<String> argv = CriuCommandLine.compiled(plan.criu(), variant.imagesDirectory(), plan.directory(), variant.plan());
            text.append("            arguments=(").append(words(argv.subList(1, argv.size()))).append(")\n            ;;\n");
        }
        return text.toString().stripTrailing();
    }

    /** Tries out nothing that this restore does not need, where that gains something and changes nothing. */
    private static String shortStart(CompiledPlan plan, ShortStart start) {
        String uid = "/proc/self/loginuid";
        return "    [[ ! -e " + uid + " ]] || read -r uid <" + uid + "\n"
                + "    if [[ ! -e " + ShortStart.FINDINGS + " && ${uid:-" + start.loginUid() + "} == " + start.loginUid() + " && -x " + ClockStart.PERL + " ]]; then\n"
                + "        # None of it is for the application, which has an environment of its own.\n"
                + "        unset \"${!" + ClockStart.ITS_VARIABLES + "@}\" " + ShortStart.DIRECTORY_VARIABLE + "\n"
                + "        export LC_ALL=C\n        start=(" + words(ClockStart.words(start, plan.lockable() ? Optional.of(plan.generation()) : Optional.empty(), plan.findings()))
                + ")\n    fi\n";
    }

    private static String words(List<String> words) {
        return words.stream().map(ShellText::quote).collect(Collectors.joining(" "));
    }

    private static String comment(String path) {
        return path.chars().allMatch(c -> c >= ' ' && c < 127) ? path : "the images beside it";
    }
}
