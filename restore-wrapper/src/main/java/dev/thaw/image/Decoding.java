package dev.thaw.image;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.thaw.image.proto.CoreEntry;
import dev.thaw.image.proto.Creds;
import dev.thaw.image.proto.FdinfoEntry;
import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.Fown;
import dev.thaw.image.proto.FsEntry;
import dev.thaw.image.proto.InventoryEntry;
import dev.thaw.image.proto.KernelIds;
import dev.thaw.image.proto.MmEntry;
import dev.thaw.image.proto.PagemapEntry;
import dev.thaw.image.proto.PipeEntry;
import dev.thaw.image.proto.PstreeEntry;
import dev.thaw.image.proto.RegEntry;
import dev.thaw.image.proto.TaskCore;
import dev.thaw.image.proto.ThreadCore;
import dev.thaw.image.proto.VmaEntry;
import java.util.List;

/** What decoding needs before the first message, and what the JVM can make while another thread is busy with something else. */
public final class Decoding {
    private Decoding() {}

    /** Makes the tables of the messages that each image has: protobuf makes one when it first decodes a message of that kind. */
    public static void prepare() {
        List<Parser<?>> parsers = List.of(InventoryEntry.parser(), KernelIds.parser(), PstreeEntry.parser(), CoreEntry.parser(), TaskCore.parser(),
                ThreadCore.parser(), Creds.parser(), MmEntry.parser(), VmaEntry.parser(), FsEntry.parser(), FileEntry.parser(), RegEntry.parser(),
                Fown.parser(), PipeEntry.parser(), FdinfoEntry.parser(), PagemapEntry.parser());
        for (Parser<?> parser : parsers) {
            try {
                parser.parsePartialFrom(new byte[0]);
            } catch (InvalidProtocolBufferException noMessageOfThatKindCanBeRead) {
                return; // who reads an image is told
            }
        }
    }
}
