package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Our constants and struct layouts against those of the headers of this machine, as a C program prints them. */
@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class KernelAgreementTest {

    private static final List<Class<?>> CLASSES = List.of(Errno.class, OpenFlags.class, FileStatus.class, FileCalls.class, FdCalls.class,
        Signals.class, SignalMask.class, ProcessCalls.class, ChildWait.class, SocketCalls.class, DescriptorMessage.class,
        TerminalCalls.class);

    /** Constants that are called otherwise in C. */
    private static final Map<String, String> IN_C = Map.of(
        "UNLIMITED", "RLIM_INFINITY",
        "CAPABILITY_VERSION_3", "_LINUX_CAPABILITY_VERSION_3",
        "SC_CLK_TCK", "_SC_CLK_TCK");

    /** Our own limits, sums of flags that are compared one by one, and O_LARGEFILE, which is 0 in the headers of 64-bit machines. */
    private static final Set<String> NOT_IN_C = Set.of("PID", "MAX_FDS", "MAX_FDS_PER_MESSAGE", "NONE", "CSIZE_PARENB",
        "IGNBRK_BRKINT_PARMRK_ISTRIP_INLCR_IGNCR_ICRNL_IXON", "ISIG_ICANON_ECHO_ECHONL_IEXTEN", "O_LARGEFILE");

    private static final String HEADERS = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <limits.h>
        #include <poll.h>
        #include <sched.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <unistd.h>
        #include <asm/termbits.h>
        #include <dirent.h>
        #include <linux/capability.h>
        #include <linux/kcmp.h>
        #include <linux/openat2.h>
        #include <netinet/in.h>
        #include <sys/file.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #define SHOW(name, value) printf("%s %lld\\n", name, (long long) (value))
        int main(void) {
        """;

    @TempDir
    Path directory;

    @Test
    void every_constant_has_the_value_of_the_headers() throws Exception {
        Map<String, Long> ours = new TreeMap<>();
        for (Class<?> owner : CLASSES) {
            addConstants(owner, ours);
        }
        assertTrue(ours.size() > 150, "found only " + ours.keySet());
        Map<String, String> expressions = new LinkedHashMap<>();
        ours.keySet().forEach(name -> expressions.put(name, IN_C.getOrDefault(name, name)));
        assertSame(ours, inC(expressions));
    }

    @Test
    void sums_of_flags_and_renamed_constants_have_the_value_of_the_headers() throws Exception {
        Map<String, Long> ours = new TreeMap<>();
        Map<String, String> expressions = new TreeMap<>();
        compare(ours, expressions, "POSIX_SPAWN_SETSID", SpawnAttributes.SETSID);
        compare(ours, expressions, "POSIX_SPAWN_SETPGROUP", SpawnAttributes.SETPGROUP);
        compare(ours, expressions, "POSIX_SPAWN_SETSIGDEF", SpawnAttributes.SETSIGDEF);
        compare(ours, expressions, "POSIX_SPAWN_SETSIGMASK", SpawnAttributes.SETSIGMASK);
        compare(ours, expressions, "SYS_pidfd_open", Architecture.PIDFD_OPEN);
        compare(ours, expressions, "SYS_pidfd_send_signal", Architecture.PIDFD_SEND_SIGNAL);
        compare(ours, expressions, "SYS_openat2", Architecture.OPENAT2);
        compare(ours, expressions, "SYS_kcmp", Architecture.CURRENT.kcmp());
        compare(ours, expressions, "SYS_unshare", SystemCallNumbers.here().unshare());
        compare(ours, expressions, "SYS_setns", SystemCallNumbers.here().setns());
        compare(ours, expressions, "SYS_clock_gettime", SystemCallNumbers.here().clockGettime());
        compare(ours, expressions, "SYS_prlimit64", SystemCallNumbers.here().prlimit());
        compare(ours, expressions, "SYS_mount", SystemCallNumbers.here().mount());
        compare(ours, expressions, "SYS_setsid", SystemCallNumbers.here().setsid());
        compare(ours, expressions, "SYS_sendfile", SystemCallNumbers.here().sendfile());
        compare(ours, expressions, "CLONE_NEWTIME", SystemCallNumbers.CLONE_NEWTIME);
        compare(ours, expressions, "IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON",
            constant(TerminalCalls.class, "IGNBRK_BRKINT_PARMRK_ISTRIP_INLCR_IGNCR_ICRNL_IXON"));
        compare(ours, expressions, "ISIG | ICANON | ECHO | ECHONL | IEXTEN",
            constant(TerminalCalls.class, "ISIG_ICANON_ECHO_ECHONL_IEXTEN"));
        compare(ours, expressions, "CSIZE | PARENB", constant(TerminalCalls.class, "CSIZE_PARENB"));
        assertSame(ours, inC(expressions));
    }

    @Test
    void every_struct_has_the_size_and_the_offsets_of_the_headers() throws Exception {
        Map<String, Long> ours = new TreeMap<>();
        Map<String, String> expressions = new TreeMap<>();
        compare(ours, expressions, "sizeof(sigset_t)", SignalMask.SET_BYTES);
        compare(ours, expressions, "sizeof(siginfo_t)", ChildWait.SIGINFO_BYTES);
        compare(ours, expressions, "offsetof(siginfo_t, si_code)", ChildWait.CODE_AT);
        compare(ours, expressions, "offsetof(siginfo_t, si_pid)", ChildWait.PID_AT);
        compare(ours, expressions, "offsetof(siginfo_t, si_status)", ChildWait.STATUS_AT);
        compare(ours, expressions, "sizeof(struct statx)", FileStatus.STATX_BYTES);
        compare(ours, expressions, "offsetof(struct statx, stx_nlink)", 16);
        compare(ours, expressions, "offsetof(struct statx, stx_uid)", 20);
        compare(ours, expressions, "offsetof(struct statx, stx_mode)", 28);
        compare(ours, expressions, "offsetof(struct statx, stx_ino)", 32);
        compare(ours, expressions, "offsetof(struct statx, stx_size)", 40);
        compare(ours, expressions, "offsetof(struct statx, stx_mtime)", 112);
        compare(ours, expressions, "offsetof(struct statx, stx_mtime.tv_nsec)", 120);
        compare(ours, expressions, "offsetof(struct statx, stx_rdev_major)", 128);
        compare(ours, expressions, "offsetof(struct statx, stx_dev_major)", 136);
        compare(ours, expressions, "offsetof(struct statx, stx_mnt_id)", 144);
        compare(ours, expressions, "sizeof(struct open_how)", FileCalls.OPEN_HOW_BYTES);
        compare(ours, expressions, "offsetof(struct dirent64, d_reclen)", 16);
        compare(ours, expressions, "offsetof(struct dirent64, d_name)", 19);
        compare(ours, expressions, "sizeof(struct pollfd)", FdCalls.POLLFD_BYTES);
        compare(ours, expressions, "offsetof(struct pollfd, revents)", 6);
        compare(ours, expressions, "sizeof(struct f_owner_ex)", 8);
        compare(ours, expressions, "sizeof(struct msghdr)", DescriptorMessage.MSGHDR_BYTES);
        compare(ours, expressions, "offsetof(struct msghdr, msg_iov)", 16);
        compare(ours, expressions, "offsetof(struct msghdr, msg_control)", 32);
        compare(ours, expressions, "offsetof(struct msghdr, msg_controllen)", 40);
        compare(ours, expressions, "offsetof(struct msghdr, msg_flags)", 48);
        compare(ours, expressions, "CMSG_LEN(0)", DescriptorMessage.CMSGHDR_BYTES);
        compare(ours, expressions, "offsetof(struct cmsghdr, cmsg_level)", 8);
        compare(ours, expressions, "offsetof(struct cmsghdr, cmsg_type)", 12);
        compare(ours, expressions, "sizeof(((struct sockaddr_un *) 0)->sun_path)", SocketAddress.UNIX_PATH_BYTES);
        compare(ours, expressions, "offsetof(struct sockaddr_un, sun_path)", 2);
        compare(ours, expressions, "sizeof(struct sockaddr_in)", SocketAddress.IN_BYTES);
        compare(ours, expressions, "sizeof(struct sockaddr_in6)", SocketAddress.IN6_BYTES);
        compare(ours, expressions, "offsetof(struct sockaddr_in6, sin6_addr)", 8);
        compare(ours, expressions, "sizeof(struct timeval)", 16);
        compare(ours, expressions, "sizeof(struct rlimit)", 16);
        compare(ours, expressions, "sizeof(struct winsize)", 8);
        compare(ours, expressions, "sizeof(struct termios)", TerminalCalls.TERMIOS_BYTES);
        compare(ours, expressions, "offsetof(struct termios, c_lflag)", 12);
        compare(ours, expressions, "offsetof(struct termios, c_cc)", 17);
        assertSame(ours, inC(expressions));
    }

    @Test
    void room_for_the_spawn_types_is_large_enough() throws Exception {
        Map<String, Long> sizes = inC(Map.of("actions", "sizeof(posix_spawn_file_actions_t)", "attributes", "sizeof(posix_spawnattr_t)"));
        assertTrue(sizes.get("actions") <= SpawnActions.BYTES, sizes::toString);
        assertTrue(sizes.get("attributes") <= SpawnAttributes.BYTES, sizes::toString);
    }

    @Test
    void signals_and_errors_have_the_names_of_the_headers() throws Exception {
        Map<String, Long> errors = new TreeMap<>();
        addConstants(Errno.class, errors);
        errors.forEach((name, number) -> assertEquals(name, new Errno(number.intValue()).name()));
        Map<String, Long> signals = new TreeMap<>();
        addConstants(Signals.class, signals);
        signals.forEach((name, number) -> assertEquals(name, Signals.name(number.intValue())));
    }

    private static void assertSame(Map<String, Long> ours, Map<String, Long> theirs) {
        assertEquals(ours.keySet(), theirs.keySet());
        Map<String, Long> wrong = new TreeMap<>(ours);
        wrong.entrySet().removeAll(theirs.entrySet());
        assertEquals(Map.of(), wrong, "the headers say otherwise");
    }

    private static void compare(Map<String, Long> ours, Map<String, String> expressions, String expression, long value) {
        ours.put(expression.replace(" ", ""), value);
        expressions.put(expression.replace(" ", ""), expression);
    }

    private static long constant(Class<?> owner, String name) throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return ((Number) field.get(null)).longValue();
    }

    private static void addConstants(Class<?> owner, Map<String, Long> constants) throws ReflectiveOperationException {
        for (Field field : owner.getDeclaredFields()) {
            String name = field.getName();
            boolean isNumber = field.getType() == int.class || field.getType() == long.class;
            boolean isOurs = NOT_IN_C.contains(name) || name.endsWith("_BYTES") || name.endsWith("_AT");
            if (isNumber && Modifier.isStatic(field.getModifiers()) && !isOurs) {
                constants.put(name, constant(owner, name));
            }
        }
    }

    /** Values of C expressions by name, as a compiled program prints them. */
    private Map<String, Long> inC(Map<String, String> expressions) {
        assumeTrue(FileCalls.isExecutable("/usr/bin/cc"), "no C compiler");
        StringBuilder source = new StringBuilder(HEADERS);
        expressions.forEach((name, expression) -> source.append("SHOW(\"" + name + "\", " + expression + ");\n"));
        String file = directory.resolve("show.c").toString();
        String program = directory.resolve("show").toString();
        FileCalls.writeFile(file, KernelString.encode(source.append("}\n").toString()), 0600);
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            Launch compiler = Launch.program("/usr/bin/cc", "-w", "-o", program, file).with(0, nothing.number()).with(2, 2);
            assertEquals(new WaitStatus.Exited(0), compiler.run().status());
        }
        Map<String, Long> values = new TreeMap<>();
        for (String line : Launch.program(program).run().output().split("\n")) {
            values.put(line.split(" ")[0], Long.valueOf(line.split(" ")[1]));
        }
        return values;
    }
}
