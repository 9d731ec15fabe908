#!/usr/bin/env python3
"""Asks for names on a terminal and greets; remembers everybody, and knows how wide the terminal is.

usage: prompt.py      an empty line or ^D ends it
"""
import os
import sys


def main():
    if not sys.stdin.isatty():
        sys.exit("prompt.py: standard input is not a terminal")
    names = []
    while True:
        print("name? ", end="", flush=True)
        name = sys.stdin.readline().strip()
        if not name:
            break
        names.append(name)
        size = os.get_terminal_size(0)
        print(f"hello {name}; so far: {', '.join(names)} ({size.columns}x{size.lines})", flush=True)
    print(f"{len(names)} greeted", flush=True)


main()
