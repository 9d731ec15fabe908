#!/usr/bin/env python3
"""Opens files of its cgroup when it starts and reads them for as long as it lives, as programs of Go 1.25 and later do.

It prints what the files say, and in which cgroup it is.
usage: holder.py [SECONDS]      SECONDS between two lines (1)
"""
import os
import re
import sys
import time

WANTED = ("cpu.max", "cpu.stat", "memory.max", "cgroup.max.descendants",  # version 2
          "cpu.cfs_quota_us", "cpu.cfs_period_us", "memory.limit_in_bytes")  # version 1


def mounts():
    """(root, mount point, file system type, controllers) of each cgroup mount."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            before, after = (part.split() for part in line.rstrip("\n").split(" - "))
            if after[0] in ("cgroup", "cgroup2"):
                root, point = (re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), field) for field in before[3:5])
                yield root, point, after[0], set(after[2].split(","))


def memberships():
    """(controllers, path) of each hierarchy; no controllers means version 2."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            yield set(controllers.split(",")) - {""}, path


def directories():
    for controllers, path in memberships():
        for root, point, kind, mounted in mounts():
            if kind == "cgroup2" if not controllers else kind == "cgroup" and controllers <= mounted:
                yield os.path.normpath(os.path.join(point, os.path.relpath(path, root)))


def cgroup():
    return " ".join(sorted({path for _, path in memberships()}))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1
    held = {}
    for directory in directories():
        for name in WANTED:
            path = os.path.join(directory, name)
            if os.path.exists(path):
                held[name] = os.open(path, os.O_RDONLY)
    if not held:
        sys.exit("holder.py: no file to hold: is there a cgroup file system below /sys/fs/cgroup?")
    while True:
        values = (f"{name}={os.pread(fd, 4096, 0).decode().splitlines()[0]}" for name, fd in held.items())
        print(f"in {cgroup()}: {', '.join(values)}", flush=True)
        time.sleep(seconds)


main()
