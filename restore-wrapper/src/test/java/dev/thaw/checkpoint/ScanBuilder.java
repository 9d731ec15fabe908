package dev.thaw.checkpoint;

import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.ScannedDescriptor.Socket;
import dev.thaw.checkpoint.TreeScan.Dumper;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.TcpSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** A tree as the planner sees it, in literal values: session leader 100 "app" of root, with what is added to it. */
public final class ScanBuilder {
    public static final long ALL_CAPABILITIES = (1L << 41) - 1;
    private static final Map<String, String> NAMESPACES = Map.of("mnt", "mnt:[1]", "pid", "pid:[2]", "net", "net:[3]");

    private final List<ScannedDescriptor> descriptors = new ArrayList<>();
    private final List<ScannedProcess> children = new ArrayList<>();
    private final List<Intruder> intruders = new ArrayList<>();
    private final Set<Long> waiting = new HashSet<>();
    private final Map<String, List<Holder>> outside = new HashMap<>();
    private ScannedProcess.Bonds bonds = ScannedProcess.Bonds.NONE;
    private final Map<String, String> namespaces = new HashMap<>(NAMESPACES);
    private Mappings mappings = Mappings.NONE;
    private int session = 100;
    private char state = 'S';
    private int tracer;
    private int terminal;
    private int uid;
    private boolean filtered;
    private Dumper dumper = new Dumper(List.of(900, 800, 1), 0, 0, 0, ALL_CAPABILITIES, NAMESPACES);

    public ScanBuilder namespace(String kind, String text) {
        namespaces.put(kind, text);
        return this;
    }

    public ScanBuilder session(int id) {
        session = id;
        return this;
    }

    public ScanBuilder state(char letter) {
        state = letter;
        return this;
    }

    public ScanBuilder tracer(int pid) {
        tracer = pid;
        return this;
    }

    public ScanBuilder uid(int id) {
        uid = id;
        return this;
    }

    public ScanBuilder mappings(Mappings found) {
        mappings = found;
        return this;
    }

    /** Its controlling terminal is this /dev/pts/N. */
    public ScanBuilder controlledBy(int index) {
        terminal = 136 << 8 | index;
        return this;
    }

    public ScanBuilder dumper(int uid, long capabilities, Integer... lineage) {
        dumper = new Dumper(List.of(lineage), uid, uid, uid, capabilities, NAMESPACES);
        return this;
    }

    public ScanBuilder filtered() {
        filtered = true;
        return this;
    }

    /** Who dumps is under a seccomp filter as well. */
    public ScanBuilder filteredDumper() {
        dumper = new Dumper(dumper.lineage(), 0, 0, 0, ALL_CAPABILITIES, NAMESPACES, false, true, false);
        return this;
    }

    /** Root dumps, in this group. */
    public ScanBuilder dumperOfGroup(int gid, long capabilities) {
        dumper = new Dumper(List.of(900), 0, gid, 0, capabilities, NAMESPACES);
        return this;
    }

    public ScanBuilder intruder(Intruder.Bond bond) {
        intruders.add(new Intruder(77, "sh", 5, bond, 100));
        return this;
    }

    public ScanBuilder child(int pid) {
        children.add(process(pid, 100, 100, 'S', 0, 0, 0, Mappings.NONE, List.of()));
        return this;
    }

    public ScanBuilder add(ScannedDescriptor descriptor) {
        descriptors.add(descriptor);
        return this;
    }

    public ScanBuilder file(int fd, Place place, long sizeBytes, long links) {
        return add(new ScannedDescriptor(description(fd, "file", "/x/f" + fd), 0, sizeBytes, links, place, FdExtras.NONE, Optional.empty()));
    }

    public ScanBuilder lock(int fd, FdExtras.Lock lock) {
        FdExtras extras = new FdExtras(List.of(lock), OptionalInt.empty(), OptionalInt.empty());
        return add(new ScannedDescriptor(description(fd, "file", "/x/lock"), 0, 0, 1, Place.THERE, extras, Optional.empty()));
    }

    public ScanBuilder kind(int fd, String kind, String link) {
        return add(new ScannedDescriptor(description(fd, kind, link), 0, 0, 1, Place.NO_PATH, FdExtras.NONE, Optional.empty()));
    }

    public ScanBuilder device(int fd, String kind, String link, int major, int minor) {
        return add(new ScannedDescriptor(description(fd, kind, link), FileStatus.device(major, minor), 0, 1, Place.THERE, FdExtras.NONE, Optional.empty()));
    }

    public ScanBuilder pidfd(int fd, int target) {
        FdExtras extras = new FdExtras(List.of(), OptionalInt.empty(), OptionalInt.of(target));
        return add(new ScannedDescriptor(description(fd, "pidfd", "anon_inode:[pidfd]"), 0, 0, 1, Place.NO_PATH, extras, Optional.empty()));
    }

    /** A unix socket that a descriptor was sent to. */
    public ScanBuilder receiver(int fd) {
        FdExtras extras = new FdExtras(List.of(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), List.of(), 1);
        return add(new ScannedDescriptor(description(fd, "socket", "socket:[" + fd + "]"), 0, 0, 1, Place.NO_PATH, extras, Optional.empty()));
    }

    public ScanBuilder slave(int fd, int index) {
        return device(fd, "tty", "/dev/pts/" + index, 136, index);
    }

    public ScanBuilder master(int fd, int index) {
        FdExtras extras = new FdExtras(List.of(), OptionalInt.of(index), OptionalInt.empty());
        return add(new ScannedDescriptor(description(fd, "tty", "/dev/ptmx"), FileStatus.device(5, 2), 0, 1, Place.THERE, extras, Optional.empty()));
    }

    public ScanBuilder socket(int fd, long inode, Socket socket) {
        DescriptorDescription description = new DescriptorDescription(fd, "socket", "socket:[" + inode + "]", "socket:[" + inode + "]",
                "read-write", 2, 8, inode, 8, 0);
        return add(new ScannedDescriptor(description, 0, 0, 1, Place.NO_PATH, FdExtras.NONE, Optional.of(socket)));
    }

    /** @param peer inode, 0 for none */
    public ScanBuilder unix(int fd, long inode, int type, long peer, String peerName) {
        OptionalLong end = peer == 0 ? OptionalLong.empty() : OptionalLong.of(peer);
        Optional<UnixSocket> other = peer == 0 ? Optional.empty() : Optional.of(new UnixSocket(peer, type, 1, OptionalLong.empty(), peerName, List.of()));
        return socket(fd, inode, new Socket("UNIX", Optional.of(new UnixSocket(inode, type, 1, end, "", List.of())), other, Optional.empty()));
    }

    public ScanBuilder tcp(int fd, long inode, int state) {
        return socket(fd, inode, new Socket("TCP", Optional.empty(), Optional.empty(),
                Optional.of(new TcpSocket(inode, state, "127.0.0.1", 8080, "127.0.0.1", 5000))));
    }

    /** Of a TCP socket that is in no table of the kernel. */
    public ScanBuilder closedTcp(int fd, long inode) {
        return socket(fd, inode, new Socket("TCP", Optional.empty(), Optional.empty(), Optional.empty()));
    }

    public ScanBuilder protocol(int fd, String protocol) {
        return socket(fd, 4000 + fd, new Socket(protocol, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    public ScanBuilder waiting(long inode) {
        waiting.add(inode);
        return this;
    }

    /** @param key as in {@link TreeScan#outside} */
    public ScanBuilder outside(String key, int pid, String command, int fd, String access) {
        outside.put(key, List.of(new Holder(pid, command, fd, access)));
        return this;
    }

    public ScanBuilder bonds(ScannedProcess.Bonds found) {
        bonds = found;
        return this;
    }

    /** The kernel's names for the ends of a pipe are the same. */
    public ScanBuilder pipe(int fd, long inode, String access) {
        return add(new ScannedDescriptor(new DescriptorDescription(fd, "pipe", "pipe:[" + inode + "]", "pipe:[" + inode + "]", access,
                access.equals("write") ? 1 : 0, 13, inode, 13, 0), 0, 0, 1, Place.NO_PATH, FdExtras.NONE, Optional.empty()));
    }

    /** With a session and a process group that are not its parent's. */
    public ScanBuilder child(int pid, int session, int group) {
        List<Integer> ids = Collections.nCopies(4, 0);
        children.add(new ScannedProcess(pid, 100, group, session, "worker", List.of(), 'S', List.of(pid), ids, ids, 0, 0, 5, NAMESPACES, List.of(),
                Mappings.NONE));
        return this;
    }

    public TreeScan scan() {
        List<ScannedProcess> processes = new ArrayList<>();
        processes.add(process(100, 1, session, state, tracer, terminal, uid, mappings, descriptors));
        processes.addAll(children);
        return new TreeScan(processes, dumper, intruders, outside, waiting, List.of(), List.of());
    }

    private ScannedProcess process(int pid, int parent, int session, char state, int tracer, int terminal, int uid, Mappings mappings,
            List<ScannedDescriptor> descriptors) {
        List<Integer> ids = Collections.nCopies(4, uid);
        return new ScannedProcess(pid, parent, session, session, "app", List.of("app", "-x"), state, List.of(pid), ids, ids, tracer, terminal, 5,
                namespaces, descriptors, mappings, pid == 100 ? new ScannedProcess.Bonds(bonds.withParent(), bonds.sessionElsewhere(), bonds.cgroups(),
                bonds.innerPid(), bonds.filtered() || filtered) : ScannedProcess.Bonds.NONE);
    }

    private static DescriptorDescription description(int fd, String kind, String link) {
        String key = kind.equals("tty") ? "tty[" + link + "]" : link.substring(1);
        return new DescriptorDescription(fd, kind, link, key, "read-write", 2, 254, 0x2a0 + fd, 0x1b, 0);
    }
}
