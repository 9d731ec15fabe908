package dev.thaw.report;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** An output stream into an open descriptor, which it owns. Unbuffered: each write is one call into the kernel. */
public final class DescriptorOutput extends OutputStream {
    private final OwnedFd fd;

    public DescriptorOutput(OwnedFd fd) {
        this.fd = fd;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            FileCalls.writeFully(fd.number(), Arrays.copyOfRange(bytes, offset, offset + length));
        } catch (LinuxException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
