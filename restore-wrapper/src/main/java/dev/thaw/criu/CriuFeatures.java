package dev.thaw.criu;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a release of criu can do, as far as thaw's decisions hang on it. */
public record CriuFeatures(CriuVersion version) {
    private static final String RELEASE = "(\\d{1,4})\\.(\\d{1,4}).*";

    /** Several restores at once in one network namespace. Before, the sockets among its tasks had the same names in each of them. */
    public boolean concurrentRestores() {
        return version.atLeast(4, 1);
    }

    /** {@code --skip-file-rwx-check}: a file whose permissions have changed is accepted. */
    public boolean skipFileModeCheck() {
        return version.atLeast(3, 18);
    }

    /** {@code --unprivileged}: with CAP_CHECKPOINT_RESTORE in place of root. */
    public boolean unprivileged() {
        return version.atLeast(3, 18);
    }

    /** Programs with restartable sequences, which is every one with glibc 2.35 or newer. */
    public boolean restartableSequences() {
        return version.atLeast(3, 17);
    }

    /** {@code --allow-uprobes}. */
    public boolean uprobes() {
        return version.atLeast(4, 2);
    }

    /** {@code --compress}: pages compressed by criu. Reading such images needs the same release. */
    public boolean compressedPages() {
        return version.atLeast(4, 3);
    }

    /**
     * What will not work with this criu on a kernel.
     *
     * @param kernelRelease as in /proc/sys/kernel/osrelease: {@code 6.18.44-amd64}; of another form nothing is known
     * @return sentences for the user, most serious first; empty when nothing is known to fail
     */
    public List<String> concernsOn(String kernelRelease) {
        List<String> concerns = new ArrayList<>();
        if (!version.atLeast(4, 1) && isAtLeast(kernelRelease, 6, 13)) {
            concerns.add("criu " + version + " rejects every process on Linux 6.13 and newer (its vDSO looks otherwise); 4.1 does not");
        }
        if (!version.atLeast(4, 2) && isAtLeast(kernelRelease, 6, 16)) {
            concerns.add("criu " + version + " cannot dump inet sockets on Linux 6.16 and newer; 4.2 can");
        }
        if (!restartableSequences()) {
            concerns.add("criu " + version + " cannot dump programs that use glibc 2.35 or newer; 3.17 can");
        }
        return List.copyOf(concerns);
    }

    private static boolean isAtLeast(String kernelRelease, int major, int minor) {
        Matcher numbers = Pattern.compile(RELEASE, Pattern.DOTALL).matcher(kernelRelease);
        if (!numbers.matches()) {
            return false;
        }
        int actual = Integer.parseInt(numbers.group(1));
        return actual > major || actual == major && Integer.parseInt(numbers.group(2)) >= minor;
    }
}
