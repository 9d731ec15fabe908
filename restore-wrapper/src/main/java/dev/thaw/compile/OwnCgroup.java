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
        return "\"$cgroup" + path.substring(mark + 1, end) + "\"" + (end == path.length() ? "" : ShellText.quote(path.substring(end)));
    }

    /** Whether a path is of the cgroup that the program will find itself in. */
    static boolean isOurs(String path) {
        return path.indexOf(MARK) >= 0;
    }

    /** Whether a path is below a cgroup mount but not in our cgroup, so that its place is not known. */
    public boolean isElsewhere(String path) {
        return path.indexOf(MARK) < 0 && mounts.stream().anyMatch(mount -> path.startsWith(mount.mountPoint() + "/"));
    }

    /** Where the program finds itself. */
    private record Place(int number, String mountPoint, String root, List<String> controllers) {
        String variable() {
            return "cgroup" + number;
        }

        /** For a path with a slash added, behind the controllers and a colon. */
        String clause() {
            // Only the root's own path ends with a slash.
            return ShellText.quote(String.join(",", controllers) + ":" + root + "/") + "*) " + variable() + "=" + ShellText.quote(mountPoint)
                    + (root.isEmpty() ? "${path%/}" : "${path#" + ShellText.quote(root) + "}");
        }
    }

    private List<Place> places(List<String> paths) {
        return paths.stream().map(PLACEHOLDER::matcher).filter(Matcher::lookingAt).map(found -> {
            int number = Integer.parseInt(found.group(2));
            String root = mounts.stream().filter(mount -> mount.mountPoint().equals(found.group(1)) && isOf(memberships.get(number), mount)).map(MountInfo::root)
                    .findFirst().orElseThrow();
            return new Place(number, found.group(1), root.equals("/") ? "" : root, memberships.get(number).controllers());
        }).distinct().toList();
    }

    /** The variables that {@link #word} speaks of for these paths. */
    List<String> variables(List<String> paths) {
        return places(paths).stream().map(Place::variable).toList();
    }

    /** One line for any shell that sets those variables to the directories of the cgroup that it runs in; one stays empty where that cannot be seen. */
    String search(List<String> paths) {
        return "while IFS=: read -r number line path; do case $line:$path/ in */../*) ;; "
                + places(paths).stream().map(place -> place.clause() + " ;; ").collect(Collectors.joining()) + "esac; done </proc/self/cgroup";
    }

    /** The function of the program that sets those variables, and adds {@link #GONE} to {@code kinds}. */
    String function(List<String> paths) {
        return """

                # Files of a cgroup that is gone are those of the cgroup that we are in. Sets the variables with its directories.
                thaw_find_cgroup() {
                    local line path root number here='' gone='' mounts=''
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
                """ + "    " + search(paths) + variables(paths).stream().map(variable -> "\n    [[ -n $" + variable + " ]] || return 1").collect(Collectors.joining()) + "\n}\n";
    }

    private static boolean isOf(CgroupMembership membership, MountInfo mount) {
        return membership.isUnified() ? mount.fsType().equals("cgroup2")
                : mount.fsType().equals("cgroup") && List.of(mount.superOptions().split(",")).containsAll(membership.controllers());
    }
}
