package dev.thaw.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.regex.Pattern;

/** System calls that a {@link Puppet} makes by number, on x86-64, and which not every kernel or container allows. */
public final class SystemCalls {
    /** Gives requests {@code L}: the C library, whose calls raise when the kernel refuses them. */
    public static final String PYTHON = "import ctypes\nclass Calls:\n  def __getattr__(self, name):\n"
            + "    f = getattr(ctypes.CDLL(None, use_errno=True), name)\n"
            + "    def call(*a):\n      r = f(*a)\n      if r < 0: raise OSError(ctypes.get_errno(), name)\n      return r\n    return call\nL = Calls()\n";

    /** EPERM, ENOENT, EACCES, ENODEV, ENOSYS, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT. */
    private static final Pattern NOT_HERE =
            Pattern.compile("(?s).*(OSError|PermissionError|FileNotFoundError): \\[Errno (1|2|13|19|38|93|95|97)].*");

    private SystemCalls() {}

    /** Runs this in the puppet; the test is skipped when this machine has no such thing. */
    public static String make(Puppet puppet, String python) {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the numbers of the system calls are those of x86-64");
        try {
            return puppet.eval(python);
        } catch (AssertionError e) {
            assumeTrue(e.getMessage() == null || !NOT_HERE.matcher(e.getMessage()).matches(), "not to be made on this machine: " + python);
            throw e;
        }
    }
}
