#!/usr/bin/env python3
"""A cache that lives in a memfd, mapped into memory: "set KEY VALUE", "get KEY" and "list" on standard input.

usage: cache.py      the memfd is named thaw-cache; the end of the input ends it
"""
import mmap
import os
import sys

SIZE = 64 * 1024


def entries(memory):
    text = memory[:].rstrip(b"\0").decode()
    return dict(line.split(" ", 1) for line in text.splitlines())


def store(memory, cache):
    text = "".join(f"{key} {value}\n" for key, value in cache.items()).encode()
    memory[:] = text.ljust(SIZE, b"\0")


def main():
    fd = os.memfd_create("thaw-cache")
    os.ftruncate(fd, SIZE)
    memory = mmap.mmap(fd, SIZE)
    for line in iter(sys.stdin.readline, ""):
        verb, *words = line.rstrip("\n").split(" ", 2)
        cache = entries(memory)
        if verb == "set" and len(words) == 2:
            cache[words[0]] = words[1]
            store(memory, cache)
            print("ok", flush=True)
        elif verb == "get" and len(words) == 1:
            print(cache.get(words[0], "-"), flush=True)
        elif verb == "list":
            print(" ".join(sorted(cache)) or "-", flush=True)
        else:
            print("set KEY VALUE, get KEY, or list", flush=True)


main()
