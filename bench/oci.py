"""The same application in a container of an OCI runtime, checkpointed and restored by that runtime itself."""
import ctypes
import json
import os
import shutil
import subprocess
import sys
import time

import common

CLONE_NEWNS = 0x20000

# The files that a python of the application needs, which prints them: a container's root with nothing else.
NEEDED = """
import os, sys, signal, time
for module in list(sys.modules.values()):
    for attribute in ("__file__", "__cached__"):
        if getattr(module, attribute, None):
            print(getattr(module, attribute))
for line in open("/proc/self/maps"):
    if "/" in line:
        print(line[line.index("/"):].rstrip())
"""


class Impossible(Exception):
    """Why this runtime cannot be measured here."""


def command(argv, **options):
    """Runs a program; the last thing that it says is why it did not work."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=common.LIMIT, **options)
    if done.returncode != 0:
        said = done.stderr.strip().split("\n")[-1]
        raise Impossible(f"{os.path.basename(argv[0])} {argv[-1]}: {said}" if said else f"{argv} ended with {done.returncode}")


class Namespace:
    """A mount namespace with version 2 of cgroups alone: runc wants the controllers of version 1 whole, or none of them."""

    def __init__(self):
        # It ends when its standard input does: with us at the latest.
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-e", "-c",
             "umount -l /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; echo ready; read -r end || :"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.holder.stdout.readline() != b"ready\n":
            self.close()
            raise Impossible("no mount namespace with cgroup2 alone can be made")
        self.file = os.open(f"/proc/{self.holder.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def enter(self):
        """In the child, before it executes."""
        if self.libc.setns(self.file, CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()


def make_root(root):
    """A root file system with python and what the application needs of it."""
    python = os.path.realpath(sys.executable)
    listed = subprocess.run([python, "-I", "-S", "-c", NEEDED], check=True, capture_output=True, text=True, timeout=common.LIMIT).stdout
    with open(python, "rb") as program:
        start = program.read(4096)
    interpreter = start[start.index(b"/lib"):].split(b"\0")[0].decode()  # by this name the kernel looks for it
    for path in sorted({python, interpreter, *listed.split("\n")} - {""}):
        if os.path.exists(path):
            # Libraries are looked for in /lib, which may be a link to /usr/lib.
            for target in {path, path.removeprefix("/usr") if path.startswith("/usr/lib/") and ".so" in path else path}:
                os.makedirs(root + os.path.dirname(target), exist_ok=True)
                shutil.copy(path, root + target)
    for directory in ("proc", "dev", "tmp"):
        os.makedirs(f"{root}/{directory}")
    return python


class Container:
    """The application with SIZE MB of memory in a container, dumped. The runtime keeps nothing outside of the directory, and a cgroup while it runs."""

    def __init__(self, runtime, criu, directory, size):
        if runtime == "crun" and "+CRIU" not in subprocess.run(["crun", "--version"], capture_output=True, text=True, check=True).stdout:
            raise Impossible("this crun is built without criu")
        self.directory = directory + "/" + runtime
        self.name = f"bench-{runtime}-{os.getpid()}"
        self.base = [shutil.which(runtime), "--root", self.directory + "/state"]
        self.variables = {**os.environ, "PATH": os.path.dirname(criu) + ":" + os.environ["PATH"]}
        self.bundle = self.directory + "/bundle"
        self.generation = self.directory + "/image"
        for made in (self.bundle, self.generation, self.directory + "/work"):
            os.makedirs(made)
        self.namespace = Namespace()
        try:
            self.dump(size)
        except BaseException:
            self.close()
            raise

    def dump(self, size):
        python = make_root(self.bundle + "/rootfs")
        command([*self.base, "spec"], cwd=self.bundle)
        with open(self.bundle + "/config.json", encoding="utf-8") as file:
            spec = json.load(file)
        spec["process"].update(terminal=False, args=[python, "-I", "-S", "-c", common.APPLICATION], env=[f"SIZE={size}"], cwd="/")
        spec["process"].pop("rlimits", None)
        spec["root"]["readonly"] = False
        spec["mounts"] = [mount for mount in spec["mounts"] if mount["destination"] in ("/proc", "/dev")]
        spec["linux"]["namespaces"] = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
        spec["linux"]["resources"] = {}
        spec["linux"]["cgroupsPath"] = "/" + self.name
        spec["linux"].pop("seccomp", None)
        with open(self.bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        reader, writer = os.pipe()
        up, tell = os.pipe()
        # The application's standard error must be no file outside of the container.
        log = self.directory + "/log"
        os.close(os.open(log, os.O_WRONLY | os.O_CREAT))
        started = subprocess.run(["/bin/bash", "-c", 'exec "${@:2}" 3>&"$1"', "bash", str(tell), *self.base, "--log", log, "run", "--detach", "--preserve-fds", "1",
                                  "--bundle", self.bundle, self.name], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.DEVNULL, pass_fds=(tell,),
                                 preexec_fn=self.namespace.enter, env=self.variables, check=False, timeout=common.LIMIT)
        os.close(tell)
        if started.returncode != 0 or os.read(up, 2) != b"up":
            with open(log, encoding="utf-8") as file:
                raise Impossible(self.base[0] + " run: " + file.read().strip())
        for number in (writer, up):
            os.close(number)
        command([*self.base, "checkpoint", "--image-path", self.generation, "--work-path", self.directory + "/work", self.name],
                preexec_fn=self.namespace.enter, env=self.variables)
        os.close(reader)
        with open(self.bundle + "/rootfs/go", "wb"):
            pass

    def restore(self):
        """The command line, which leaves when the application runs."""
        return [*self.base, "restore", "--detach", "--image-path", self.generation, "--work-path", self.directory + "/work",
                "--bundle", self.bundle, self.name]

    def end(self):
        """Ends the restored application, and has its runtime forget it."""
        limit = time.monotonic() + common.LIMIT
        while True:
            try:
                return command([*self.base, "delete", "--force", self.name], preexec_fn=self.namespace.enter, env=self.variables)
            except Impossible as failure:
                if time.monotonic() > limit:
                    sys.exit(f"bench: {failure}")
                time.sleep(0.05)

    def evict(self):
        common.evict(self.generation)

    def close(self):
        subprocess.run([*self.base, "delete", "--force", self.name], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                       preexec_fn=self.namespace.enter, timeout=common.LIMIT)
        self.namespace.close()
