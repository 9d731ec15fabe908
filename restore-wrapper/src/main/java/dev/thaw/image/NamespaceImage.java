package dev.thaw.image;

import java.util.Optional;

/**
 * One namespace that is in the image, or that restore has to be given.
 *
 * @param id criu's number, as in {@link NamespaceIds}
 * @param externalKey the key of {@code --inherit-fd} that names it: it is not in the image (images/netdev.proto, images/pidns.proto)
 */
public record NamespaceImage(Kind kind, int id, Optional<String> externalKey) {

    /** With the start of the name of its file. */
    public enum Kind {
        NET("netns-"), PID("pidns-"), IPC("ipcns-var-"), UTS("utsns-"), MOUNT("mountpoints-"), USER("userns-"), TIME("timens-");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        String prefix() {
            return prefix;
        }
    }
}
