#!/usr/bin/env python3
"""Writes a numbered line to a log, opened for appending, and the number to standard output.

usage: logger.py LOG [SECONDS]      SECONDS between two lines (1)
"""
import sys
import time


def main():
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1
    number = 0
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        while True:
            number += 1
            log.write(f"{time.strftime('%H:%M:%S')} line {number}\n")
            log.flush()
            print(number, flush=True)
            time.sleep(seconds)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
