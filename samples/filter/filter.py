#!/usr/bin/env python3
"""Reads lines, writes them numbered and in capitals, and says at the end of its input how many there were.

usage: filter.py <INPUT >OUTPUT
"""
import sys


def main():
    number = 0
    for line in iter(sys.stdin.readline, ""):
        number += 1
        print(number, line.rstrip("\n").upper(), flush=True)
    print(f"{number} lines in all", flush=True)


main()
