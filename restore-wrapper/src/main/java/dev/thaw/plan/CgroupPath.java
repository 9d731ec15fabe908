package dev.thaw.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A place in a cgroup hierarchy, seen from the root of a cgroup namespace. What lies outside of the namespace starts with {@code ..}, as
 * in /proc/PID/cgroup and /proc/PID/mountinfo (man 7 cgroup_namespaces).
 *
 * @param parts components; none but the first ones are {@code ..}
 */
record CgroupPath(List<String> parts) {
    private static final String UP = "..";

    static CgroupPath of(String path) {
        return new CgroupPath(List.of()).then(path);
    }

    /** One after the other, like directories. */
    CgroupPath then(String path) {
        List<String> steps = new ArrayList<>(parts);
        for (String part : path.split("/")) {
            if (part.equals(UP) && !steps.isEmpty() && !steps.get(steps.size() - 1).equals(UP)) {
                steps.remove(steps.size() - 1);
            } else if (!part.isEmpty() && !part.equals(".")) {
                steps.add(part);
            }
        }
        return new CgroupPath(List.copyOf(steps));
    }

    CgroupPath then(CgroupPath relative) {
        return then(relative.text());
    }

    /** True for a mount that shows more of the hierarchy than our namespace: where our own cgroup is in it cannot be seen. */
    boolean isAboveNamespace() {
        return !parts.isEmpty() && parts.get(0).equals(UP);
    }

    /** The way from there to here; empty when it leads through cgroups whose names the namespace hides. */
    Optional<CgroupPath> relativeTo(CgroupPath from) {
        int common = 0;
        while (common < parts.size() && common < from.parts.size() && parts.get(common).equals(from.parts.get(common))) {
            common++;
        }
        List<String> left = from.parts.subList(common, from.parts.size());
        if (left.contains(UP)) {
            return Optional.empty();
        }
        List<String> steps = new ArrayList<>();
        left.forEach(part -> steps.add(UP));
        steps.addAll(parts.subList(common, parts.size()));
        return Optional.of(new CgroupPath(List.copyOf(steps)));
    }

    /** As it reads below a mount with this root; empty when it is not below it. */
    Optional<CgroupPath> below(CgroupPath root) {
        int depth = root.parts.size();
        if (parts.size() < depth || !parts.subList(0, depth).equals(root.parts)) {
            return Optional.empty();
        }
        List<String> rest = parts.subList(depth, parts.size());
        return rest.contains(UP) ? Optional.empty() : Optional.of(new CgroupPath(List.copyOf(rest)));
    }

    /** The first {@code count} components, or all when there are fewer. */
    CgroupPath first(int count) {
        return new CgroupPath(List.copyOf(parts.subList(0, Math.min(count, parts.size()))));
    }

    int depth() {
        return parts.size();
    }

    /** With a slash in front. */
    String text() {
        return "/" + String.join("/", parts);
    }
}
