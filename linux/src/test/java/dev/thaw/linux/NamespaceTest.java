package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.linux.proc.MountInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Namespaces belong to threads, so each test does its work in a thread that ends with it. */
@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class NamespaceTest {

    @TempDir
    Path directory;

    @Test
    void a_mount_in_a_namespace_of_its_own_is_seen_by_nobody_else() throws Exception {
        inThread(() -> {
            enterOwnMounts();
            ProcessCalls.mount("thaw test", directory.toString(), "tmpfs", ProcessCalls.MS_RDONLY, "size=64k");
            assertTrue(mounts("thread-self").contains(directory.toString()));
            assertFalse(mounts("self").contains(directory.toString()));
            ProcessCalls.umount2(directory.toString(), ProcessCalls.MNT_DETACH);
            assertFalse(mounts("thread-self").contains(directory.toString()));
        });
    }

    @Test
    void a_thread_goes_back_to_the_namespace_it_came_from() throws Exception {
        inThread(() -> {
            String before = FileCalls.readlink("/proc/thread-self/ns/mnt");
            try (OwnedFd home = FileCalls.open("/proc/thread-self/ns/mnt", OpenFlags.O_RDONLY)) {
                enterOwnMounts();
                assertFalse(before.equals(FileCalls.readlink("/proc/thread-self/ns/mnt")));
                ProcessCalls.setns(home.number(), ProcessCalls.CLONE_NEWNS);
            }
            assertEquals(before, FileCalls.readlink("/proc/thread-self/ns/mnt"));
        });
    }

    private static void enterOwnMounts() {
        ProcessCalls.unshare(ProcessCalls.CLONE_FS | ProcessCalls.CLONE_NEWNS);
        ProcessCalls.mount("none", "/", "none", ProcessCalls.MS_REC | ProcessCalls.MS_PRIVATE, "");
    }

    private static List<String> mounts(String process) {
        String text = KernelString.decode(FileCalls.readAll("/proc/" + process + "/mountinfo"));
        return MountInfo.parse(text).stream().map(MountInfo::mountPoint).toList();
    }

    private static void inThread(Runnable work) throws Exception {
        assumeTrue(Capabilities.contains(ProcessCalls.capabilitiesEffective(), Capabilities.SYS_ADMIN), "no right to make namespaces");
        FutureTask<Void> task = new FutureTask<>(work, null);
        Thread thread = new Thread(task);
        thread.start();
        task.get(30, TimeUnit.SECONDS);
        thread.join(30_000);
    }
}
