package dev.thaw.cli.broker;

import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.report.Columns;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the broker keeps, as text: a table for people, JSON for programs. Pure. */
final class HoldingsText {
    private HoldingsText() {}

    static String table(List<Holding> holdings) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("NAME", "KIND", "ACCESS", "KEY", "UID", "PID", "STORED", "EXPIRES"));
        for (Holding holding : holdings) {
            rows.add(List.of(KernelString.printable(holding.name().text()), holding.kind(), OpenFlags.access(holding.flags()),
                    holding.key().isEmpty() ? "-" : KernelString.printable(holding.key()), Integer.toUnsignedString(holding.uid()),
                    Integer.toString(holding.pid()), holding.storedAt().toString(), holding.expiresAt().map(Instant::toString).orElse("-")));
        }
        return Columns.of(rows);
    }

    static String json(String socket, List<Holding> holdings) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("broker", socket);
        root.put("descriptors", holdings.stream().map(HoldingsText::json).toList());
        return KernelJson.pretty(root) + "\n";
    }

    private static Map<String, Object> json(Holding holding) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", holding.name().text());
        members.put("kind", holding.kind());
        members.put("key", holding.key());
        members.put("access", OpenFlags.access(holding.flags()));
        members.put("flags", holding.flags());
        members.put("uid", Integer.toUnsignedLong(holding.uid()));
        members.put("gid", Integer.toUnsignedLong(holding.gid()));
        members.put("pid", holding.pid());
        members.put("stored", holding.storedAt().toString());
        holding.expiresAt().ifPresent(at -> members.put("expires", at.toString()));
        return members;
    }
}
