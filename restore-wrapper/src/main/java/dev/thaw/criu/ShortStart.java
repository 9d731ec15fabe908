package dev.thaw.criu;

import dev.thaw.image.ClockImages;
import dev.thaw.image.FdType;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.Capabilities;
import dev.thaw.plan.RestorePlan;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A restore for which criu can be started without most of its probes of the kernel. At each start it tries out network namespaces, tun devices,
 * nftables and userfaultfd, and runs iptables three times; it keeps what it finds only where /run is a tmpfs.
 *
 * <p>{@code --unprivileged} leaves most of that out. To root with the capabilities that are needed here it makes three more differences in a
 * restore (criu 4.2.1: kerndat.c, timens.c, util.c, cr-restore.c): the clocks of the image are not restored, and the limit of open files is not lifted without CAP_SYS_RESOURCE, which
 * {@link ClockStart} does in criu's place; login uids are not restored. The findings that are missing then are those for network and mount
 * namespaces, tun devices and lazy pages.
 *
 * @param loginUid of all its processes
 * @param clocks of the application at the dump; empty when they were not recorded
 */
public record ShortStart(long loginUid, Optional<ClockImages.Clocks> clocks) {
    /** What criu keeps of its probes, on a tmpfs. Where it is, nothing is gained. */
    public static final String FINDINGS = "/run/criu.kdat";

    /** Names the directory with what criu keeps of its probes when it is started so. */
    public static final String DIRECTORY_VARIABLE = "XDG_RUNTIME_DIR";

    private static final List<Integer> NEEDED = List.of(Capabilities.SETUID, Capabilities.NET_ADMIN, Capabilities.SYS_CHROOT, Capabilities.SYS_ADMIN,
            Capabilities.SYS_TIME);
    private static final Set<String> NAMESPACES = Set.of("pid", "time");
    private static final Set<FdType> PROBED = Set.of(FdType.TUN, FdType.NAMESPACE, FdType.EXTERNAL);

    /**
     * Whether criu can be started so.
     *
     * @param because why not, as part of a sentence; else empty
     */
    public record Decision(Optional<ShortStart> start, String because) {}

    /**
     * @param clocks of the image
     * @param version of criu
     * @param capabilities that criu will have
     */
    public static Decision decide(ImageSnapshot image, List<ClockImages.Clocks> clocks, RestorePlan.CriuSwitches switches, CriuVersion version, long capabilities) {
        String because = "";
        if (version.major() != 4 || version.minor() != 2) {
            because = "that is not known of criu " + version;
        } else if (!hasAll(capabilities)) {
            because = "it has not all capabilities";
        } else if (hasNamespaces(image)) {
            because = "the image has namespaces of its own";
        } else if (hasProbedFile(image)) {
            because = "the image has a device or a namespace of the network open";
        } else if (switches.tcp().isPresent()) {
            because = "the image has TCP connections";
        } else if (!switches.extra().isEmpty()) {
            because = "criu is given options of the user's";
        } else if (!hasOneLoginUid(image)) {
            because = "its processes have different login uids";
        } else if (clocks.size() > 1) {
            because = "the image has more than one time namespace";
        }
        return because.isEmpty() ? new Decision(Optional.of(new ShortStart(image.root().loginUid(), clocks.isEmpty() ? Optional.empty() : Optional.of(clocks.get(0)))), "")
                : new Decision(Optional.empty(), because);
    }

    // Loops, and no streams: a restore's JVM has not met them yet.

    private static boolean hasAll(long capabilities) {
        for (int capability : NEEDED) {
            if (!Capabilities.contains(capabilities, capability)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasNamespaces(ImageSnapshot image) {
        for (TaskImage task : image.tasks()) {
            if (!task.state().isEnded() && !NAMESPACES.containsAll(task.ids().otherThan(image.inventory().rootIds()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether criu decides about a file by what it leaves out. */
    private static boolean hasProbedFile(ImageSnapshot image) {
        for (FileImage file : image.files().values()) {
            if (file instanceof FileImage.Unknown || file instanceof FileImage.Other other && PROBED.contains(other.type())) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasOneLoginUid(ImageSnapshot image) {
        for (TaskImage task : image.tasks()) {
            if (!task.state().isEnded() && task.loginUid() != image.root().loginUid()) {
                return false;
            }
        }
        return true;
    }

    /**
     * What stands against it in this moment.
     *
     * @param findingsKept whether there is {@link #FINDINGS}
     * @param ownLoginUid of the process that starts criu; empty where the kernel keeps none
     * @return part of a sentence; empty when nothing does
     */
    public Optional<String> obstacle(boolean findingsKept, OptionalLong ownLoginUid) {
        if (findingsKept) {
            return Optional.of("it has kept what it found in " + FINDINGS);
        }
        return ownLoginUid.isEmpty() || ownLoginUid.getAsLong() == loginUid ? Optional.empty()
                : Optional.of("the login uid of the image, " + loginUid + ", is not ours, " + ownLoginUid.getAsLong());
    }
}
