package dev.thaw.rehearse;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.Source;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the application writes to: a pipe for each stream, or one terminal for all three. What comes is kept, over all restores. */
final class AppStreams implements AutoCloseable {
    private static final String TERMINAL = "rehearsal-terminal";

    private final boolean terminal;
    private final Map<String, Transcript> transcripts = new LinkedHashMap<>();
    /** By the name of a source: our copy of what the application writes to, so that it can be handed over again. */
    private final Map<String, OwnedFd> ends = new LinkedHashMap<>();
    private final List<StreamReader> readers = new ArrayList<>();
    private Optional<TerminalCalls.PseudoTerminal> pty = Optional.empty();

    AppStreams(boolean terminal) {
        this.terminal = terminal;
        if (terminal) {
            transcripts.put("terminal", new Transcript());
        } else {
            transcripts.put("stdout", new Transcript());
            transcripts.put("stderr", new Transcript());
        }
        open();
    }

    /** By stream, for a start. */
    Map<Integer, Source> sources() {
        if (terminal) {
            Source one = new Source.Broker(TERMINAL);
            return Map.of(0, one, 1, one, 2, one);
        }
        return Map.of(0, new Source.Null(), 1, new Source.Broker("stdout"), 2, new Source.Broker("stderr"));
    }

    /** Names for {@link #supply}. */
    java.util.Set<String> names() {
        return java.util.Set.copyOf(ends.keySet());
    }

    /** A descriptor of its own for the same open file description; the caller owns it. */
    OwnedFd supply(String name) {
        return FdCalls.duplicate(ends.get(name).number(), 3);
    }

    /** What a restore is to do with the descriptors that are these now. */
    List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        ends.forEach((name, fd) -> {
            String key = DescriptorDescription.describe(ProcessCalls.getpid(), fd.number()).key();
            rules.add(new Rule(Selector.parse(key), new Rule.Action.From(new Source.Broker(name), Rule.Missing.ERROR), "the rehearsal's " + name, false));
        });
        return rules;
    }

    /** The old ones are gone, and there are others. To be called when nothing of the application runs. */
    void renew() {
        closeEnds();
        open();
    }

    Map<String, Transcript> transcripts() {
        return transcripts;
    }

    /** What came last, for messages. */
    List<String> lastLines(int count) {
        List<String> lines = new ArrayList<>();
        transcripts.forEach((name, transcript) -> {
            List<String> all = transcript.text().lines().toList();
            all.subList(Math.max(0, all.size() - count), all.size()).forEach(line -> lines.add(name + ": " + line));
        });
        return lines;
    }

    @Override
    public void close() {
        closeEnds();
    }

    private void open() {
        if (terminal) {
            TerminalCalls.PseudoTerminal opened = TerminalCalls.openPseudoTerminal();
            pty = Optional.of(opened);
            ends.put(TERMINAL, FileCalls.open(opened.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
            readers.add(StreamReader.start(opened.master(), transcripts.get("terminal")));
            return;
        }
        for (String name : List.of("stdout", "stderr")) {
            FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
            ends.put(name, pipe.writer());
            readers.add(StreamReader.start(pipe.reader(), transcripts.get(name)));
        }
    }

    private void closeEnds() {
        ends.values().forEach(OwnedFd::close);
        ends.clear();
        readers.forEach(StreamReader::close);
        readers.clear();
        pty = Optional.empty();
    }

    /** What came from one stream, a char for a byte; of very much only the end is kept. */
    static final class Transcript {
        private static final int MOST_CHARS = 4 << 20;

        private final StringBuilder text = new StringBuilder();
        private int mark;

        synchronized void add(byte[] bytes, int count) {
            text.append(new String(bytes, 0, count, java.nio.charset.StandardCharsets.ISO_8859_1));
            if (text.length() > MOST_CHARS) {
                int dropped = text.length() / 2;
                text.delete(0, dropped);
                mark = Math.max(0, mark - dropped);
            }
        }

        synchronized String text() {
            return text.toString();
        }

        /** What came since {@link #mark}. */
        synchronized String sinceMark() {
            return text.substring(mark);
        }

        /** What comes from here on is after the start or the restore. */
        synchronized void mark() {
            mark = text.length();
        }

        synchronized Continuity continuity() {
            return Continuity.of(text.toString(), mark);
        }
    }

    /** Reads a stream until nobody writes to it any more, or until it is told to stop. */
    private static final class StreamReader implements AutoCloseable {
        private static final int STEP_MILLIS = 50;
        private static final int LAST_MILLIS = 1000;

        private final OwnedFd fd;
        private final Thread thread;
        private volatile boolean stopped;

        private StreamReader(OwnedFd fd, Transcript transcript) {
            this.fd = fd;
            this.thread = new Thread(() -> read(transcript), "rehearsal-stream");
            thread.setDaemon(true);
        }

        /** @param fd owned by this from now on */
        static StreamReader start(OwnedFd fd, Transcript transcript) {
            StreamReader reader = new StreamReader(fd, transcript);
            reader.thread.start();
            return reader;
        }

        private void read(Transcript transcript) {
            byte[] buffer = new byte[65536];
            try {
                while (true) {
                    if (FdCalls.poll(new int[] {fd.number()}, FdCalls.POLLIN, STEP_MILLIS)[0] != 0) {
                        int count = FileCalls.read(fd.number(), buffer, 0, buffer.length);
                        if (count <= 0) {
                            return;
                        }
                        transcript.add(buffer, count);
                    } else if (stopped) {
                        return;
                    }
                }
            } catch (LinuxException theOtherSideOfATerminalHasGone) {
                return;
            }
        }

        @Override
        public void close() {
            stopped = true;
            try {
                thread.join(LAST_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (!thread.isAlive()) {
                fd.close();
            }
        }
    }
}
