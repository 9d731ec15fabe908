package dev.thaw.supervise;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.util.Optional;

/** Tells the service manager how far the application is (man 3 sd_notify): one datagram to the socket in {@code $NOTIFY_SOCKET}. */
public final class ServiceNotify {
    /** The variable that names the socket; not for the application when thaw speaks for it. */
    public static final String VARIABLE = "NOTIFY_SOCKET";

    private static final long BARRIER_MILLIS = 5_000;

    private final String socket;

    private ServiceNotify(String socket) {
        this.socket = socket;
    }

    /** @param socket value of the variable: a path, or with @ in front an abstract name; empty when there is no service manager */
    public static Optional<ServiceNotify> to(Optional<String> socket) {
        return socket.filter(name -> name.startsWith("/") || name.startsWith("@"))
                .map(name -> new ServiceNotify(name.startsWith("@") ? "\0" + name.substring(1) : name));
    }

    /** The application is up and thaw stays: thaw is the service's main process, whose exit status counts. */
    public void ready(int pid) {
        send("READY=1\nSTATUS=pid " + pid + " is up");
    }

    /** The application is up and thaw leaves: the application becomes the service manager's own child. */
    public void readyAsMainProcess(int pid) {
        send("READY=1\nMAINPID=" + pid + "\nSTATUS=pid " + pid + " is up");
        barrier();
    }

    /** One line for {@code systemctl status}. */
    public void status(String text) {
        send("STATUS=" + text.replace('\n', ' '));
    }

    /**
     * Any message (man 3 sd_notify): lines of the form KEY=VALUE.
     *
     * @param descriptors that go with it; they stay the caller's
     */
    public void message(String text, int... descriptors) {
        send(text, descriptors);
    }

    /** Waits until the manager has read what was sent: the message of a process that is gone by then could not be told to belong to the unit. */
    private void barrier() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            send("BARRIER=1", pipe.writer().number());
            pipe.writer().close();
            FdCalls.poll(new int[] {pipe.reader().number()}, FdCalls.POLLIN, BARRIER_MILLIS);
        }
    }

    private void send(String message, int... descriptors) {
        try (OwnedFd fd = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0)) {
            SocketCalls.connectUnix(fd.number(), socket);
            SocketCalls.sendWithFds(fd.number(), KernelString.encode(message), descriptors);
        } catch (LinuxException nobodyListens) {
            // The application matters more than who watches it.
            return;
        }
    }
}
