"""What the benches have in common: the application that is restored, where things are, and what the machine is."""
import datetime
import glob
import os
import platform
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THAW = os.path.join(ROOT, "thaw")
LIMIT = 120

# Once there is a file "go" it tells every millisecond that it runs: what it said before would be in the image. Descriptor 3 is for "up".
APPLICATION = """
import os, signal, time
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
memory = bytearray(os.urandom(1 << 20) * int(os.environ["SIZE"]))
os.set_blocking(1, False)
os.write(3, b"up")
os.close(3)
while True:
    time.sleep(0.001)
    try:
        if os.path.exists("go"):
            os.write(1, b".")
    except OSError:
        pass
"""


def find_criu():
    for path in (os.environ.get("THAW_CRIU"), os.environ.get("THAW_CRIU_PREFIX", "/opt/thaw/criu") + "/bin/criu", shutil.which("criu")):
        if path and os.access(path, os.X_OK):
            return path
    sys.exit("bench: there is no criu\n  try: scripts/install-criu")


def javas():
    """Feature number -> path, of those that are installed and not older than 17."""
    found = {}
    for java in sorted(glob.glob("/usr/lib/jvm/*/bin/java")):
        with open(os.path.dirname(os.path.dirname(os.path.realpath(java))) + "/release", encoding="utf-8") as release:
            number = re.search(r'JAVA_VERSION="(\d+)', release.read())
        if number and int(number.group(1)) >= 17:
            found.setdefault(int(number.group(1)), os.path.realpath(java))
    return found


def first_line(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=LIMIT).stdout.strip().split("\n")[0]
    except FileNotFoundError:
        return "not installed"


def machine(criu):
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = re.search(r"model name\s*: (.*)", cpuinfo.read())
    load = os.getloadavg()[0]
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors, load {load:.1f}"
            f"{' (above one for each processor: the figures mean little)' if load > os.cpu_count() else ''}; "
            f"Linux {platform.release()}; criu {first_line(criu, '--version').replace('Version: ', '')}; {first_line(THAW, '--version')}; "
            f"kdat cache {'present' if os.path.exists('/run/criu.kdat') else 'absent'}")


def evict(directory):
    """Takes its files out of the page cache. Others are not disturbed, as they would be by drop_caches."""
    for entry in os.scandir(directory):
        if entry.is_file():
            file = os.open(entry.path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


class Image:
    """The application with SIZE MB of memory, stdout a pipe and stderr a log, dumped."""

    def __init__(self, directory, size):
        self.directory = directory
        self.image = directory + "/image"
        reader, writer = os.pipe()
        up, tell = os.pipe()
        log = os.open(directory + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        null = os.open("/dev/null", os.O_RDONLY)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for number, target in ((null, 0), (writer, 1), (log, 2), (tell, 3)):
                os.dup2(os.dup(number), target)
            os.closerange(4, 1024)
            os.chdir(directory)
            os.execve(sys.executable, [sys.executable, "-c", APPLICATION], {"SIZE": str(size)})
        os.close(tell)
        if os.read(up, 2) != b"up":
            sys.exit("bench: the application did not start")
        self.pid = pid
        self.key = os.readlink(f"/proc/{pid}/fd/1")
        subprocess.run([THAW, "checkpoint", "--quiet", str(pid), self.image], check=True, timeout=LIMIT)
        os.waitpid(pid, 0)
        for number in (reader, writer, up, log, null):
            os.close(number)
        with open(directory + "/go", "wb"):
            pass
        self.generation = os.path.realpath(self.image + "/current")
        self.bytes = sum(entry.stat().st_size for entry in os.scandir(self.generation))

    def end(self):
        """Ends the restored application, and waits until its pid is free."""
        limit = time.monotonic() + LIMIT
        try:
            os.kill(self.pid, signal.SIGKILL)
            while True:
                try:
                    os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:
                    pass
                os.kill(self.pid, 0)
                if time.monotonic() > limit:
                    sys.exit(f"bench: pid {self.pid} does not become free")
                time.sleep(0.005)
        except ProcessLookupError:
            pass

    def evict(self):
        evict(self.generation)

    def bare(self, criu, work):
        """The command line of criu alone, which leaves when the application runs; by the options of a compiled plan, without a log."""
        return [*program(criu), "restore", "--no-default-config", "--images-dir", self.generation, "--work-dir", work, "--log-file", "/dev/null",
                "-v0", "--pidfile", "restored.pid", "--restore-detached", "--restore-sibling", "--manage-cgroups=ignore",
                "--inherit-fd", "fd[1]:" + self.key]


def program(criu):
    """The command line in a shell script that does nothing but start another program, as scripts/install-criu writes one; else the file itself."""
    with open(criu, "rb") as file:
        lines = file.read(4096).decode("utf-8", "replace").splitlines()
    if lines[:1] == ["#!/bin/sh"] and len(lines) == 2 and lines[1].startswith("exec ") and lines[1].endswith(' "$@"'):
        return shlex.split(lines[1])[1:-1]
    return [criu]


def warm_up():
    """thaw is built, and archives of classes are made: now, and not within a round. A terminate ends a bench as an interrupt does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    subprocess.run([THAW, "--version"], check=True, stdout=subprocess.DEVNULL, timeout=10 * LIMIT)
    for java in javas().values():
        subprocess.run([THAW, "--version"], check=True, stdout=subprocess.DEVNULL, env=environment(java), timeout=LIMIT)


class Clock:
    """Says how many rounds there are: as many as wanted, fewer when the time is over or somebody interrupts, and never fewer than needed for a figure."""

    def __init__(self, rounds, seconds, needed=1):
        self.rounds = rounds
        self.needed = needed
        self.end = time.monotonic() + (seconds or float("inf"))

    def turns(self):
        for turn in range(self.rounds):
            if turn >= self.needed and time.monotonic() > self.end:
                return
            yield turn


def environment(java=""):
    """Of thaw; without a java only a compiled plan can restore."""
    return {**os.environ, "THAW_NO_BUILD": "1", "THAW_JAVA": java or "/nonexistent"}


class Life:
    """One restore under way; its standard output is a pipe of ours."""

    def __init__(self, argv, variables, directory, prepare=None):
        self.reader, writer = os.pipe()
        self.errors = open(directory + "/err.log", "w+b")
        self.start = time.monotonic()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=writer, stderr=self.errors, cwd=directory, env=variables,
                                        preexec_fn=prepare)
        os.close(writer)

    def await_running(self):
        """Milliseconds from the start of the command to the first thing that the application does."""
        ready, _, _ = select.select([self.reader], [], [], LIMIT)
        said = os.read(self.reader, 1) if ready else b""
        taken = (time.monotonic() - self.start) * 1000
        if said != b".":
            self.errors.seek(0)
            sys.exit(f"bench: {self.process.args} restored nothing\n" + self.errors.read().decode(errors="replace"))
        return taken

    def end(self, end_application):
        end_application()
        self.process.wait(timeout=LIMIT)
        os.close(self.reader)
        self.errors.close()


def report(parts, save, prefix):
    """Prints paragraphs, and keeps them in bench/results/ where that is wanted."""
    print("\n\n".join(parts) + "\n", flush=True)
    keep(parts, save, prefix)


def keep(parts, save, prefix):
    if save:
        now = datetime.datetime.now()
        with open(os.path.join(ROOT, "bench", "results", prefix + now.strftime("%Y-%m-%d-%H%M") + ".md"), "w", encoding="utf-8") as file:
            file.write(f"# {now:%Y-%m-%d %H:%M}\n\n" + "\n\n".join(parts) + "\n")
