package dev.thaw.image;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What inventory.img says about the whole dump (images/inventory.proto).
 *
 * @param imageVersion always 2: others are refused
 * @param runId of the criu that dumped; since criu 4.1
 * @param tcpClose dumped with {@code --tcp-close}, which restore needs too
 * @param networkLock 0 iptables, 1 nftables, 2 skip
 * @param lsmType 0 none, 1 SELinux, 2 AppArmor
 * @param dumpUptime microseconds between boot and dump
 * @param allowUprobes dumped with {@code --allow-uprobes}, which restore needs too
 * @param rootCgroupSet the cgroup set that the root task and criu were in, 0 when none was recorded
 * @param plugins of criu that took part in the dump
 * @param rootIds namespaces of the criu that dumped: a task that differs had a namespace of its own
 */
public record Inventory(int imageVersion, Optional<String> runId, boolean tcpClose, int networkLock, int lsmType, OptionalLong dumpUptime,
                        boolean allowUprobes, int rootCgroupSet, List<String> plugins, NamespaceIds rootIds) {

    public Inventory {
        plugins = List.copyOf(plugins);
    }
}
