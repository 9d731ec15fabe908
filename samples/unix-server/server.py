#!/usr/bin/env python3
"""Answers every connection to a unix socket with the number of connections so far.

usage: server.py SOCKET
"""
import os
import socket
import sys


def main():
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen()
        print(f"listening on {path}", flush=True)
        served = 0
        while True:
            connection, _ = listener.accept()
            served += 1
            with connection:
                connection.sendall(f"you are number {served}\n".encode())


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
