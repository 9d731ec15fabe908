#!/usr/bin/env python3
"""Connects, chooses a random number, reads its settings; all three anew when descriptor 10 says that it was restored or checkpointed.

usage: notice.py PORT SETTINGS
"""
import os
import random
import socket
import sys

NOTICE = 10


def begin(port, settings, away):
    random.seed()  # from the kernel: else all restores of one image would choose alike
    with open(settings, encoding="utf-8") as file:
        place = file.readline().strip()
    server = socket.create_connection(("127.0.0.1", port))
    server.sendall(f"python {place} {random.getrandbits(32)} {away}\n".encode())
    return server


def main():
    port, settings = int(sys.argv[1]), sys.argv[2]
    reader, writer = os.pipe()  # the writer stays open: without one there would be an end of file
    os.dup2(reader, NOTICE, inheritable=False)
    os.close(reader)
    server = begin(port, settings, "-")
    with os.fdopen(NOTICE, encoding="ascii") as notices:
        for line in notices:  # restored SECONDS, checkpointed SECONDS
            server.close()
            server = begin(port, settings, line.split()[-1])
    os.close(writer)


main()
