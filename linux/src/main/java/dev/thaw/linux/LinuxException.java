package dev.thaw.linux;

/**
 * A system call failed; the message names the call, its arguments and the error: {@code open("/x", O_RDONLY): ENOENT (No such file or
 * directory)}.
 */
public final class LinuxException extends RuntimeException {

    private final String call;
    private final int number;

    /**
     * @param call the call with its arguments, as a C programmer would write it
     * @param errno why it failed
     */
    public LinuxException(String call, Errno errno) {
        this.call = call;
        this.number = errno.number();
    }

    /** The call with its arguments. */
    public String call() {
        return call;
    }

    /** Why it failed. */
    public Errno errno() {
        return new Errno(number);
    }

    /** Whether it failed for this reason, one of the constants of {@link Errno}. */
    public boolean is(int errno) {
        return number == errno;
    }

    @Override
    public String getMessage() {
        return call + ": " + errno();
    }
}
