package dev.thaw.image;

import dev.thaw.image.FileImage.PipeEnd;
import dev.thaw.image.FileImage.UnixSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link ImageSnapshot} answers from, so that no query walks through all descriptors.
 *
 * @param tasks by pid
 * @param references descriptors by file, in the order of processes and descriptors
 * @param pathReferences pids by file: mappings, executables, working and root directories
 * @param pipes entries that descriptors refer to, by pipe id
 * @param unixSockets by inode
 */
record SnapshotIndex(Map<Integer, TaskImage> tasks, Map<FileId, List<DescriptorRef>> references, Map<FileId, List<Integer>> pathReferences,
                     Map<Long, List<PipeEnd>> pipes, Map<Long, UnixSocket> unixSockets) {

    static SnapshotIndex of(List<TaskImage> tasks, Map<FileId, FileImage> files, Map<Integer, List<DescriptorImage>> tables) {
        Map<Integer, TaskImage> byPid = new HashMap<>();
        Map<FileId, List<DescriptorRef>> references = new LinkedHashMap<>();
        Map<FileId, List<Integer>> pathReferences = new HashMap<>();
        for (TaskImage task : tasks) {
            byPid.put(task.pid(), task);
            if (task.filesId().isPresent()) {
                for (DescriptorImage descriptor : tables.get(task.filesId().getAsInt())) {
                    listIn(references, descriptor.file()).add(new DescriptorRef(task.pid(), descriptor.fd()));
                }
            }
            for (FileId file : task.pathReferences()) {
                List<Integer> pids = listIn(pathReferences, file);
                // The executable is mapped as well; the pid is then the last one in the list.
                if (pids.isEmpty() || pids.get(pids.size() - 1) != task.pid()) {
                    pids.add(task.pid());
                }
            }
        }
        Map<Long, List<PipeEnd>> pipes = new LinkedHashMap<>();
        Map<Long, UnixSocket> unixSockets = new HashMap<>();
        for (FileImage file : files.values()) {
            if (file instanceof PipeEnd end && references.containsKey(end.id())) {
                listIn(pipes, end.pipeId()).add(end);
            } else if (file instanceof UnixSocket socket) {
                unixSockets.put(socket.inode(), socket);
            }
        }
        return new SnapshotIndex(byPid, sealed(references), sealed(pathReferences), sealed(pipes), unixSockets);
    }

    private static <K, V> List<V> listIn(Map<K, List<V>> map, K key) {
        return map.computeIfAbsent(key, k -> new ArrayList<>(1));
    }

    private static <K, V> Map<K, List<V>> sealed(Map<K, List<V>> map) {
        // Also the smallest form: most files have one reference.
        map.replaceAll((key, list) -> List.copyOf(list));
        return Collections.unmodifiableMap(map);
    }
}
