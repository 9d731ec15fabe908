#!/bin/sh
# Counts. All it has to lose is one number in its memory.
# usage: counter.sh [SECONDS]      between two numbers (1)
n=0
while :; do
    n=$((n + 1))
    echo "$n"
    sleep "${1:-1}"
done
