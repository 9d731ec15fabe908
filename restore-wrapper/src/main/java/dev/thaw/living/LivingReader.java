package dev.thaw.living;

import dev.thaw.checkpoint.CheckpointPlanner;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.FdExtras;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScanner;
import dev.thaw.checkpoint.UnseenTree;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.ProcessCalls.Shared;
import dev.thaw.linux.UnreadBytes;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.MappedFile;
import dev.thaw.linux.proc.ProcLink;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.living.LivingTree.File;
import dev.thaw.living.LivingTree.Open;
import dev.thaw.living.LivingTree.Place;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a tree that stands still. As root, or as the user whose processes they are. */
public final class LivingReader {
    private static final String MEMFD = "/memfd:";
    private static final Set<String> WITH_BYTES = Set.of("pipe", "fifo");

    private final TreeScan scan;
    private final Set<Integer> stoppedBefore;
    private final Map<Place, Open> descriptors = new LinkedHashMap<>();
    private final Map<Long, byte[]> unread = new HashMap<>();
    /** By what descriptors of one description have in common anyway: the first descriptor of each description. */
    private final Map<String, Map<Place, Integer>> descriptions = new HashMap<>();
    private final Map<Integer, Integer> tables = new LinkedHashMap<>();
    private int count;
    private boolean sharingKnown = true;

    private LivingReader(TreeScan scan, Set<Integer> stoppedBefore) {
        this.scan = scan;
        this.stoppedBefore = stoppedBefore;
    }

    /**
     * @param stoppedBefore processes that somebody else had stopped
     * @param options of the dump that would be made
     * @throws Failure when the tree is gone, or may not be looked at
     */
    public static LivingTree read(int root, Set<Integer> stoppedBefore, DumpOptions options) {
        try {
            TreeScan scan = TreeScanner.scan(root).orElseThrow(() -> Failure.of(ExitCode.FAILURE, "there is no process " + root,
                    "it has ended meanwhile"));
            return new LivingReader(scan, stoppedBefore).read(CheckpointPlanner.judge(scan, options).criuOptions());
        } catch (LinuxException e) {
            throw UnseenTree.failure(root, e);
        }
    }

    private LivingTree read(List<String> criuOptions) {
        Map<Integer, LivingTree.Process> processes = new LinkedHashMap<>();
        for (ScannedProcess process : scan.processes()) {
            if (!process.isZombie()) {
                processes.put(process.pid(), process(process));
                process.descriptors().forEach(descriptor -> descriptor(process.pid(), descriptor));
            }
        }
        return new LivingTree(scan, criuOptions, processes, descriptors, sharingKnown, unread);
    }

    private LivingTree.Process process(ScannedProcess process) {
        String directory = "/proc/" + process.pid() + "/";
        List<File> mapped = MappedFile.read(process.pid()).stream().map(LivingReader::file).distinct().toList();
        return new LivingTree.Process(table(process.pid()), stoppedBefore.contains(process.pid()), behind(directory + "exe"), behind(directory + "cwd"),
                behind(directory + "root"), mapped);
    }

    private int table(int pid) {
        for (Map.Entry<Integer, Integer> other : tables.entrySet()) {
            if (isShared(other.getKey(), pid)) {
                return other.getValue();
            }
        }
        tables.put(pid, tables.size() + 1);
        return tables.size();
    }

    private boolean isShared(int pid, int other) {
        try {
            return ProcessCalls.isShared(pid, other, Shared.DESCRIPTOR_TABLE);
        } catch (LinuxException notAllowed) {
            sharingKnown = false;
            return false;
        }
    }

    /** @param link below /proc, which leads to the file even when its name is gone */
    private static File behind(String link) {
        String path = FileCalls.readlink(link);
        FileStatus status = FileCalls.stat(link);
        boolean deleted = ProcLink.isDeleted(path) && named(path, status.inode()).isEmpty();
        return new File(deleted ? ProcLink.path(path) : path, Optional.of(status), deleted, false, Optional.empty());
    }

    private static File file(MappedFile mapped) {
        if (mapped.isMemoryFile()) {
            return new File(ProcLink.path(mapped.path()).substring(MEMFD.length()), Optional.empty(), false, mapped.sharedWritable(), Optional.of(mapped.inode()));
        }
        Optional<FileStatus> there = named(mapped.path(), mapped.inode());
        boolean deleted = there.isEmpty() && ProcLink.isDeleted(mapped.path());
        return deleted ? new File(ProcLink.path(mapped.path()), Optional.empty(), true, mapped.sharedWritable(), Optional.empty())
                : new File(mapped.path(), there, false, mapped.sharedWritable(), Optional.empty());
    }

    /** On an overlay the kernel gives the number of a lower file here, and that of the overlay's there: a name without mark is believed. */
    private static Optional<FileStatus> named(String path, long inode) {
        try {
            return FileCalls.statIfExists(path).filter(found -> found.inode() == inode || !ProcLink.isDeleted(path));
        } catch (LinuxException notToBeSeen) {
            return Optional.empty();
        }
    }

    private void descriptor(int pid, ScannedDescriptor descriptor) {
        Place place = new Place(pid, descriptor.fd());
        String text = KernelString.decode(FileCalls.readRecord("/proc/" + pid + "/fdinfo/" + descriptor.fd()));
        FdInfo info = FdInfo.parse(text);
        Open open = new Open(description(place, descriptor), info.flags(), ProcessTable.status(pid, descriptor.fd()), FdExtras.parse(text).watched());
        descriptors.put(place, open);
        boolean reads = (info.flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_WRONLY;
        if (WITH_BYTES.contains(descriptor.kind()) && reads && (info.flags() & OpenFlags.O_PATH) == 0 && !unread.containsKey(open.status().inode())) {
            unread(place).ifPresent(bytes -> unread.put(open.status().inode(), bytes));
        }
    }

    private int description(Place place, ScannedDescriptor descriptor) {
        String common = descriptor.description().link() + "|" + descriptor.description().flags();
        Map<Place, Integer> alike = descriptions.computeIfAbsent(common, none -> new LinkedHashMap<>());
        return alike.entrySet().stream().filter(other -> isSame(other.getKey(), place)).findFirst().map(Map.Entry::getValue).orElseGet(() -> {
            alike.put(place, ++count);
            return count;
        });
    }

    /** False, too, where kcmp is not permitted, as in many containers: what is shared then looks like several. */
    private boolean isSame(Place a, Place b) {
        try {
            return ProcessCalls.kcmpFile(a.pid(), a.fd(), b.pid(), b.fd()) == 0;
        } catch (LinuxException notAllowed) {
            sharingKnown = false;
            return false;
        }
    }

    /** What is in a pipe, without taking it out. */
    private static Optional<byte[]> unread(Place place) {
        try {
            return Optional.of(UnreadBytes.of("/proc/" + place.pid() + "/fd/" + place.fd())).filter(bytes -> bytes.length > 0);
        } catch (LinuxException notToBeRead) {
            return Optional.empty();
        }
    }
}
