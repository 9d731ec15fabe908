#!/usr/bin/env python3
"""A parent and its child write by turns through one open file description, which they have in common since the fork.

The file is not in append mode: only the shared offset keeps one from writing over the other's lines.
usage: shared.py FILE [SECONDS]      SECONDS between two lines of the same writer (1)
"""
import os
import sys
import time


def main():
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1
    shared = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    parent = os.getpid()
    child = os.fork() == 0
    name = "child" if child else "parent"
    if child:
        time.sleep(seconds / 2)
    number = 0
    while not child or os.getppid() == parent:  # the child ends with its parent
        number += 1
        os.write(shared, f"{name} {number}\n".encode())
        time.sleep(seconds)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
