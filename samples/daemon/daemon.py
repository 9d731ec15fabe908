#!/usr/bin/env python3
"""A daemon of the old school: forks twice, has its own session, /dev/null for its streams, a pid file, no terminal.

It rewrites STATE with the number of its heartbeats; SIGTERM ends it in good order.
usage: daemon.py PIDFILE STATE [SECONDS]      SECONDS between two heartbeats (1)
"""
import os
import signal
import sys
import time


def become_daemon():
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():  # not a session leader any more: it can never get a controlling terminal
        os._exit(0)
    os.chdir("/")
    null = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if null > 2:
        os.close(null)


def replace(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def main():
    pid_file, state = (os.path.abspath(path) for path in sys.argv[1:3])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    become_daemon()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    replace(pid_file, f"{os.getpid()}\n")
    beats = 0
    try:
        while True:
            beats += 1
            replace(state, f"{beats}\n")
            time.sleep(seconds)
    finally:
        os.unlink(pid_file)


if len(sys.argv) < 3:
    sys.exit(__doc__)
main()
