package dev.thaw.inspect;

import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.inspect.Inspection.ProcessView;
import dev.thaw.linux.KernelString;
import dev.thaw.report.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An {@link Inspection} as text for a terminal. */
public final class InspectionText {
    private static final List<String> COLUMNS = List.of("FD", "KIND", "WHAT", "ACCESS", "OFFSET", "OTHER END");

    private InspectionText() {}

    /** @param columns of a line; 0 for no limit */
    public static String of(Inspection inspection, int columns) {
        StringBuilder text = new StringBuilder(head(inspection));
        inspection.processes().forEach(process -> text.append('\n').append(process(process, columns)));
        if (!inspection.files().isEmpty()) {
            text.append("\nmapped and executed files\n");
            inspection.files().forEach(file -> text.append("  ").append(KernelString.printable(file.path() + file.state())).append('\n'));
        }
        if (!inspection.cgroups().isEmpty()) {
            text.append("\ncgroups of the root\n");
            inspection.cgroups().forEach(one -> text.append("  ").append(one.hierarchy()).append("  ")
                    .append(KernelString.printable(one.path())).append('\n'));
        }
        return text.toString();
    }

    private static String head(Inspection inspection) {
        List<String> facts = new ArrayList<>();
        if (!inspection.created().isEmpty()) {
            facts.add("made " + inspection.created() + " by thaw " + inspection.thawVersion() + " with criu " + inspection.criuVersion());
        }
        int processes = inspection.processes().size();
        facts.add(processes + (processes == 1 ? " process" : " processes"));
        facts.add(mebibytes(inspection.bytes()));
        if (inspection.shellJob()) {
            facts.add("the root leads no session (shell job)");
        }
        if (inspection.tcpClose()) {
            facts.add("TCP connections will be closed");
        }
        if (!inspection.namespaces().isEmpty()) {
            facts.add("namespaces of its own: " + String.join(", ", inspection.namespaces()));
        }
        String quarantined = inspection.quarantined().isEmpty() ? ""
                : "  quarantined: " + KernelString.printable(inspection.quarantined()) + "\n";
        return KernelString.printable(inspection.directory()) + "\n  " + String.join("; ", facts) + "\n" + quarantined;
    }

    private static String process(ProcessView process, int columns) {
        List<String> facts = new ArrayList<>();
        facts.add(process.parentPid() == 0 ? "root" : "child of " + process.parentPid());
        if (process.session() == process.pid()) {
            facts.add("session leader");
        }
        if (!process.state().equals("alive")) {
            facts.add(process.state());
        }
        facts.add(process.threads() + (process.threads() == 1 ? " thread" : " threads"));
        if (process.memoryBytes() > 0) {
            facts.add(mebibytes(process.memoryBytes()));
        }
        if (process.uid() > 0) {
            facts.add("uid " + process.uid());
        }
        StringBuilder text = new StringBuilder("pid " + process.pid() + " " + KernelString.printable(process.command()) + ": "
                + String.join(", ", facts) + "\n");
        if (!process.executable().isEmpty()) {
            text.append("  runs ").append(KernelString.printable(process.executable()))
                    .append(" in ").append(KernelString.printable(process.directory())).append('\n');
        }
        if (!process.descriptors().isEmpty()) {
            List<List<String>> rows = new ArrayList<>(List.of(COLUMNS));
            process.descriptors().forEach(descriptor -> rows.add(row(descriptor)));
            text.append(Columns.of("  ", rows, columns));
        }
        return text.toString();
    }

    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }

    private static List<String> row(DescriptorView descriptor) {
        String access = descriptor.access() + (descriptor.flags().isEmpty() ? "" : " " + descriptor.flags());
        return List.of(Integer.toString(descriptor.fd()), descriptor.kind(), KernelString.printable(descriptor.link()), access,
                descriptor.offset() < 0 ? "" : Long.toString(descriptor.offset()), KernelString.printable(descriptor.otherEnd()));
    }
}
