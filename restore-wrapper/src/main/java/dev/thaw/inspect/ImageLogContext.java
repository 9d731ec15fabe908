package dev.thaw.inspect;

import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogContext.Held;
import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FileImage;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.TaskImage;
import dev.thaw.plan.InheritKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the lines of a log of criu's may speak of, as an image and its manifest know it. */
public final class ImageLogContext {
    private static final Pattern INODE_KEY = Pattern.compile("(?:pipe|socket):\\[(\\d{1,18})]");

    private ImageLogContext() {}

    /** Of what {@code image} names; {@link dev.thaw.image.ImageException} when it cannot be used. */
    public static LogContext read(String image) {
        String directory = Generations.resolve(image).generationDir();
        return of(ImagesDirectory.read(directory), Manifest.read(directory));
    }

    public static LogContext of(ImageSnapshot image, Optional<Manifest> manifest) {
        List<LogContext.Process> processes = new ArrayList<>();
        List<Held> held = new ArrayList<>();
        for (TaskImage task : image.tasks()) {
            processes.add(new LogContext.Process(task.pid(), task.command(), task.threads()));
            for (DescriptorImage descriptor : image.descriptors(task)) {
                held.add(held(task, descriptor, image));
            }
        }
        for (TaskImage task : image.tasks()) {
            addPath(held, task, "the program", task.exeFileId(), image);
            addPath(held, task, "the working directory", task.cwdFileId(), image);
            for (int id : task.mappedFileIds()) {
                if (!task.exeFileId().equals(OptionalInt.of(id))) {
                    addPath(held, task, "a mapping", OptionalInt.of(id), image);
                }
            }
        }
        manifest.map(Manifest::outside).orElse(List.of()).forEach(end -> held.add(
                Held.descriptor(end.pid(), end.command() + ", outside the image", end.fd(), end.key(), LogContext.ABSENT, inode(end.key()))));
        return new LogContext(processes, held);
    }

    private static Held held(TaskImage task, DescriptorImage descriptor, ImageSnapshot image) {
        FileImage file = image.file(descriptor);
        String link = FileWords.link(file, InheritKeys.of(file, image).orElse(""));
        return Held.descriptor(task.pid(), task.command(), descriptor.fd(), link, Integer.toUnsignedLong(file.id().id()), inode(file));
    }

    private static void addPath(List<Held> held, TaskImage task, String use, OptionalInt id, ImageSnapshot image) {
        if (id.isPresent()) {
            image.regularFile(id.getAsInt()).ifPresent(file -> held.add(Held.path(task.pid(), task.command(), use, file.path())));
        }
    }

    private static long inode(FileImage file) {
        if (file instanceof FileImage.PipeEnd pipe) {
            return pipe.pipeId();
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return socket.inode();
        }
        return file instanceof FileImage.InetSocket socket ? socket.inode() : LogContext.ABSENT;
    }

    private static long inode(String key) {
        Matcher match = INODE_KEY.matcher(key);
        return match.matches() ? Long.parseLong(match.group(1)) : LogContext.ABSENT;
    }
}
