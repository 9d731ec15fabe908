package dev.thaw.image;

import java.util.Optional;

/**
 * One terminal (images/tty.proto, tty_info_entry).
 *
 * @param id twice the index, plus 1 for the master of a pty
 * @param type one of the constants of this class
 * @param session the session it controls, 0 for none
 * @param processGroup in its foreground, 0 for none
 * @param rdev device number of the node, as st_rdev has it
 * @param device device number of the file system of the node, as st_dev has it; 0 when not recorded
 * @param index number of the pty below /dev/pts
 * @param uid owner of the node
 * @param gid group of the node
 * @param locked a pty that cannot be opened yet (man 3 unlockpt)
 * @param exclusive TIOCEXCL
 * @param packetMode TIOCPKT
 */
public record TtyInfo(int id, int type, int session, int processGroup, long rdev, long device, int index, boolean master,
                      Optional<WindowSize> windowSize, int uid, int gid, boolean locked, boolean exclusive, boolean packetMode) {

    public static final int PTY = 1;
    public static final int CONSOLE = 2;
    public static final int VT = 3;
    /** /dev/tty, whatever terminal that stands for. */
    public static final int CTTY = 4;
    /** Dumped with {@code --external tty[...]}. */
    public static final int EXTERNAL = 5;
    public static final int SERIAL = 6;

    /** Characters and pixels (man 2 ioctl_tty, TIOCGWINSZ). */
    public record WindowSize(int rows, int columns, int xPixels, int yPixels) {
    }

    public boolean isPty() {
        return type == PTY;
    }

    public boolean isExternal() {
        return type == EXTERNAL;
    }
}
