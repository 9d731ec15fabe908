package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** System calls on terminals (man 2 ioctl_tty); ENOTTY when the descriptor is none. */
public final class TerminalCalls {

    /** Size of the kernel's {@code struct termios}, not of the C library's larger one. */
    static final int TERMIOS_BYTES = 36;

    private static final long TCGETS = 0x5401;
    private static final long TCSETS = 0x5402;
    private static final long TIOCSCTTY = 0x540E;
    private static final long TIOCGPGRP = 0x540F;
    private static final long TIOCSPGRP = 0x5410;
    private static final long TIOCGWINSZ = 0x5413;
    private static final long TIOCSWINSZ = 0x5414;
    private static final long TIOCGSID = 0x5429;

    // Parts of struct termios: four flag words, the line discipline, then control characters (asm-generic/termbits.h).
    private static final int IFLAG_AT = 0;
    private static final int OFLAG_AT = 4;
    private static final int CFLAG_AT = 8;
    private static final int LFLAG_AT = 12;
    private static final int CC_AT = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;
    private static final int IGNBRK_BRKINT_PARMRK_ISTRIP_INLCR_IGNCR_ICRNL_IXON = 0001 | 0002 | 0010 | 0040 | 0100 | 0200 | 0400 | 02000;
    private static final int OPOST = 0001;
    private static final int CSIZE_PARENB = 0060 | 0400;
    private static final int CS8 = 0060;
    private static final int ISIG_ICANON_ECHO_ECHONL_IEXTEN = 0001 | 0002 | 0010 | 0100 | 0100000;

    private static final TerminalLibrary C = new TerminalLibrary();

    private TerminalCalls() {
    }

    /**
     * @param master owned by whoever owns this value
     * @param slavePath what programs open, such as {@code /dev/pts/3}; open it with O_NOCTTY
     */
    public record PseudoTerminal(OwnedFd master, String slavePath) implements AutoCloseable {
        @Override
        public void close() {
            master.close();
        }
    }

    /** Characters, and pixels where the terminal knows them (else 0); each 0-65535. */
    public record WindowSize(int rows, int columns, int xPixels, int yPixels) {
    }

    /** Whether the descriptor is a terminal; false too when it is not open. */
    public static boolean isTerminal(int fd) {
        return C.ioctl(fd, TCGETS, new byte[TERMIOS_BYTES]) == 0;
    }

    /** A new pseudo-terminal, unlocked; ENOSPC when there are too many (man 3 posix_openpt). */
    public static PseudoTerminal openPseudoTerminal() {
        int fd = C.posix_openpt(OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
        check(fd, "posix_openpt()");
        OwnedFd master = OwnedFd.of(fd);
        try {
            check(C.grantpt(fd), "grantpt(?)", fd);
            check(C.unlockpt(fd), "unlockpt(?)", fd);
            byte[] name = new byte[64];
            int error = C.ptsname_r(fd, name, name.length);
            if (error != 0) {
                throw LibC.failed(error, "ptsname_r(?)", fd);
            }
            return new PseudoTerminal(master, LibC.fromBuffer(name));
        } catch (RuntimeException e) {
            master.close();
            throw e;
        }
    }

    /** The size of the window (TIOCGWINSZ). */
    public static WindowSize windowSize(int fd) {
        byte[] winsize = new byte[8];
        check(C.ioctl(fd, TIOCGWINSZ, winsize), "ioctl(?, TIOCGWINSZ)", fd);
        ByteBuffer b = ByteBuffer.wrap(winsize).order(ByteOrder.nativeOrder());
        return new WindowSize(b.getShort(0) & 0xffff, b.getShort(2) & 0xffff, b.getShort(4) & 0xffff, b.getShort(6) & 0xffff);
    }

    /** Sets the size; the foreground group gets SIGWINCH when it changed (TIOCSWINSZ). */
    public static void setWindowSize(int fd, WindowSize size) {
        byte[] winsize = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder())
            .putShort((short) size.rows()).putShort((short) size.columns())
            .putShort((short) size.xPixels()).putShort((short) size.yPixels())
            .array();
        check(C.ioctl(fd, TIOCSWINSZ, winsize), "ioctl(?, TIOCSWINSZ)", fd);
    }

    /** The attributes, to be kept and given back to {@link #setAttributes}: the kernel's {@code struct termios} (TCGETS). */
    public static byte[] attributes(int fd) {
        byte[] termios = new byte[TERMIOS_BYTES];
        check(C.ioctl(fd, TCGETS, termios), "ioctl(?, TCGETS)", fd);
        return termios;
    }

    /** Sets the attributes at once, from the background too (TCSETS). */
    public static void setAttributes(int fd, byte[] attributes) {
        requireTermios(attributes);
        fromBackground(fd, TCSETS, "TCSETS", attributes);
    }

    /** The given attributes changed to pass bytes on as they are: no echo, no signals, no lines (as man 3 cfmakeraw describes). */
    public static byte[] rawMode(byte[] attributes) {
        requireTermios(attributes);
        ByteBuffer raw = ByteBuffer.wrap(attributes.clone()).order(ByteOrder.nativeOrder());
        raw.putInt(IFLAG_AT, raw.getInt(IFLAG_AT) & ~IGNBRK_BRKINT_PARMRK_ISTRIP_INLCR_IGNCR_ICRNL_IXON);
        raw.putInt(OFLAG_AT, raw.getInt(OFLAG_AT) & ~OPOST);
        raw.putInt(CFLAG_AT, raw.getInt(CFLAG_AT) & ~CSIZE_PARENB | CS8);
        raw.putInt(LFLAG_AT, raw.getInt(LFLAG_AT) & ~ISIG_ICANON_ECHO_ECHONL_IEXTEN);
        raw.put(CC_AT + VTIME, (byte) 0);
        raw.put(CC_AT + VMIN, (byte) 1);
        return raw.array();
    }

    /** The process group in the foreground; ENOTTY when the terminal is not our controlling one, unless it is a master (TIOCGPGRP). */
    public static int foregroundGroup(int fd) {
        return get(fd, TIOCGPGRP, "TIOCGPGRP");
    }

    /** Puts a group of our session into the foreground, from the background too; EPERM for a group of another session (TIOCSPGRP). */
    public static void setForegroundGroup(int fd, int group) {
        byte[] number = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(group).array();
        fromBackground(fd, TIOCSPGRP, "TIOCSPGRP", number);
    }

    /** Makes the terminal the controlling one of our session; EPERM unless we lead a session without one (TIOCSCTTY). */
    public static void setControllingTerminal(int fd) {
        check(C.ioctl(fd, TIOCSCTTY, 0L), "ioctl(?, TIOCSCTTY)", fd);
    }

    /** The session that a terminal controls; ENOTTY when it controls none, or not ours, unless it is a master (TIOCGSID). */
    public static int sessionOf(int fd) {
        return get(fd, TIOCGSID, "TIOCGSID");
    }

    // A background process that changes its terminal is stopped by SIGTTOU, unless it blocks that.
    private static void fromBackground(int fd, long request, String name, byte[] argument) {
        SignalMask mask = SignalMask.blocking(Signals.SIGTTOU);
        int errno = C.ioctl(fd, request, argument) < 0 ? LibC.errno() : 0;
        mask.close();
        if (errno != 0) {
            throw LibC.failed(errno, "ioctl(?, ?)", fd, LibC.word(name));
        }
    }

    private static int get(int fd, long request, String name) {
        int[] value = new int[1];
        check(C.ioctl(fd, request, value), "ioctl(?, ?)", fd, LibC.word(name));
        return value[0];
    }

    private static void requireTermios(byte[] attributes) {
        if (attributes.length != TERMIOS_BYTES) {
            throw new IllegalArgumentException("attributes have " + TERMIOS_BYTES + " bytes, not " + attributes.length);
        }
    }
}
