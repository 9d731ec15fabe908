package dev.thaw.compile;

import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Files of the application's cgroup. Where that cgroup is gone, the program opens the same files of the cgroup that it runs in; which one that
 * is only the program knows, so that plans for it have a placeholder in its place.
 *
 * @param files as the images have them
 * @param mounts of type cgroup and cgroup2 that the plan was made with
 * @param memberships that the plan was made with
 * @param mountText what {@link #mountText} says of those mounts
 */
public record OwnCgroup(List<String> files, List<MountInfo> mounts, List<CgroupMembership> memberships, String mountText) {
    /** Among the letters of {@link Variant#streams}: the recorded files are gone. */
    public static final String GONE = "@";

    /** What no path holds. */
    private static final char MARK = '\0';
    private static final Pattern PLACEHOLDER = Pattern.compile("(.*)/" + MARK + "(\\d+)", Pattern.DOTALL);

    public OwnCgroup {
        files = List.copyOf(files);
        mounts = List.copyOf(mounts);
        memberships = List.copyOf(memberships);
    }

    /** As if we were, in each hierarchy, in a cgroup that stands for the one which the program will find itself in. */
    public static List<CgroupMembership> placeholders(List<CgroupMembership> memberships, List<MountInfo> mounts) {
        List<CgroupMembership> found = new ArrayList<>();
        for (int i = 0; i < memberships.size(); i++) {
            CgroupMembership one = memberships.get(i);
            String root = mounts.stream().filter(mount -> isOf(one, mount)).map(MountInfo::root).findFirst().orElse("/");
            found.add(new CgroupMembership(one.hierarchy(), one.controllers(), (root.equals("/") ? "" : root) + "/" + MARK + i));
        }
        return found;
    }

    /** What a program can compare: root, mount point, type, source and options of each mount of a hierarchy, a line each. */
    public static String mountText(String mountinfo) {
        return mountinfo.lines().filter(line -> line.contains(" - cgroup")).map(line -> {
            String[] fields = line.split(" ", 6);
            return fields[3] + " " + fields[4] + " " + line.substring(line.lastIndexOf(" - ") + 3) + "\n";
        }).collect(Collectors.joining());
    }

    /** A path as a word of the program. */
    static String word(String path) {
        int mark = path.lastIndexOf(MARK);
        if (mark < 0) {
            return ShellText.quote(path);
        }
        int end = path.indexOf('/', mark) < 0 ? path.length() : path.indexOf('/', mark);
        return "\"${cgroup[" + path.substring(mark + 1, end) + "]}\"" + (end == path.length() ? "" : ShellText.quote(path.substring(end)));
    }

    /** Whether a path is below a cgroup mount but not in our cgroup, so that its place is not known. */
    public boolean isElsewhere(String path) {
        return path.indexOf(MARK) < 0 && mounts.stream().anyMatch(mount -> path.startsWith(mount.mountPoint() + "/"));
    }

    /** The function of the program that sets {@code cgroup}, and adds {@link #GONE} to {@code kinds}. */
    String function(List<String> paths) {
        StringBuilder cases = new StringBuilder();
        paths.stream().map(PLACEHOLDER::matcher).filter(Matcher::lookingAt).map(found -> found.group(1) + "\n" + found.group(2)).distinct().forEach(place -> {
            String point = place.substring(0, place.lastIndexOf('\n'));
            int number = Integer.parseInt(place.substring(place.lastIndexOf('\n') + 1));
            CgroupMembership membership = memberships.get(number);
            String root = mounts.stream().filter(mount -> mount.mountPoint().equals(point) && isOf(membership, mount)).map(MountInfo::root).findFirst().orElseThrow();
            cases.append("            ").append(ShellText.quote(String.join(",", membership.controllers()))).append(") number=").append(number).append(" point=")
                    .append(ShellText.quote(point)).append(" root=").append(root.equals("/") ? "''" : ShellText.quote(root)).append(" ;;\n");
        });
        return """

                # Files of a cgroup that is gone are those of the cgroup that we are in. Sets cgroup to its directories.
                thaw_find_cgroup() {
                    local line path point root number here='' gone='' mounts=''
                    for path in\s""" + files.stream().map(ShellText::quote).collect(Collectors.joining(" ")) + """
                ; do
                        if [[ -e $path ]]; then here=yes; else gone=yes; fi
                    done
                    [[ -n $gone ]] || return 0
                    [[ -z $here ]] || return 1
                    kinds+=@
                    while IFS= read -r line; do
                        [[ $line == *' - cgroup'* ]] || continue
                        path=${line#* * * } root=${path%% *} path=${path#* }
                        mounts+="$root ${path%% *} ${line##* - }"$'\\n'
                    done </proc/self/mountinfo
                    [[ $mounts ==\s""" + ShellText.quote(mountText) + """
                 ]] || return 1
                    while IFS=: read -r number line path; do
                        case $line in
                """ + cases + """
                            *) continue ;;
                        esac
                        [[ $path/ == "$root"/* && $path/ != */../* ]] || return 1
                        path=${path#"$root"}
                        cgroup[number]=$point${path%/}
                    done </proc/self/cgroup
                }
                """;
    }

    private static boolean isOf(CgroupMembership membership, MountInfo mount) {
        return membership.isUnified() ? mount.fsType().equals("cgroup2")
                : mount.fsType().equals("cgroup") && List.of(mount.superOptions().split(",")).containsAll(membership.controllers());
    }
}
