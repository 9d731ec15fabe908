#!/usr/bin/env python3
"""A process on strings: it runs the Python code that is put into its control directory.

It holds no descriptor of its own between two requests (it even looks for a request with stat, not by listing the
directory), so its descriptor table is exactly what the one who pulls the strings wants it to be.
"""
import argparse
import ast
import ctypes
import fcntl  # noqa: F401  for requests, as are mmap, socket, struct, sys and termios
import mmap  # noqa: F401
import os
import select
import signal
import socket  # noqa: F401
import struct  # noqa: F401
import sys  # noqa: F401
import termios  # noqa: F401
import time
import traceback

KCMP_FILE = 0
SYSCALLS = {  # (kcmp, clone) by machine: neither has a function in the standard library
    "x86_64": (312, 56),
    "aarch64": (272, 220),
}
CLONE_FILES = 0x400


class Puppet:
    """The strings: where requests come from, and what is to be done beside them."""

    def __init__(self, control, interval):
        self.control = control
        self.interval = interval
        self.tickers = []
        self.ending = None

    def serve(self):
        """Answers requests until one of them asks for the end."""
        while self.ending is None:
            request = os.path.join(self.control, "request")
            try:
                os.stat(request)
            except FileNotFoundError:
                time.sleep(self.interval)
            else:
                self.answer(request)
            self.tick()
        self.ending()

    def answer(self, request):
        # The number stands in the file, not in its name: a process restored from an old image has forgotten how many
        # requests it has seen since, and must answer the next one all the same.
        with open(request, encoding="utf-8", errors="surrogateescape", newline="") as file:
            number, _, code = file.read().partition("\n")
        os.unlink(request)
        verdict, text = evaluate(code)
        answer = os.path.join(self.control, "answer-" + number)
        with open(answer + ".new", "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(verdict + "\n" + text)
        os.rename(answer + ".new", answer)

    def tick(self):
        now = time.monotonic()
        for ticker in self.tickers:
            if now >= ticker["due"] or ticker["due"] > now + 2 * ticker["seconds"]:  # or the clock was set back
                ticker["due"] = now + ticker["seconds"]
                exec(ticker["code"], NAMES)


def evaluate(code):
    """Runs the code; ("ok", value of its last expression) or ("error", traceback)."""
    try:
        tree = ast.parse(code, "<request>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<request>", "exec"), NAMES)
        value = eval(compile(ast.Expression(last.value), "<request>", "eval"), NAMES) if last else None
        return "ok", value if isinstance(value, str) else repr(value)
    except BaseException:  # SystemExit and KeyboardInterrupt of the request are answers too
        return "error", traceback.format_exc()


# What requests can call.

def fds():
    """This process' descriptors: number -> what /proc says it is."""
    table = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            table[int(name)] = os.readlink("/proc/self/fd/" + name)
        except FileNotFoundError:
            pass  # the one that listed the directory
    return dict(sorted(table.items()))


def place(fd, number):
    """Moves a descriptor to this number, without close-on-exec, and returns the number."""
    if fd == number:
        os.set_inheritable(fd, True)
    else:
        os.dup2(fd, number)
        os.close(fd)
    return number


def read(fd, most=65536, limit=5.0):
    """What can be read now, as text, waiting `limit` seconds for the first byte; "" at the end of file."""
    if not select.select([fd], [], [], limit)[0]:
        raise TimeoutError(f"nothing to read from descriptor {fd} within {limit} s")
    return os.read(fd, most).decode("utf-8", "surrogateescape")


def write(fd, text):
    """Writes all of the text; the number of bytes."""
    rest = data = text.encode("utf-8", "surrogateescape")
    while rest:
        rest = rest[os.write(fd, rest):]
    return len(data)


def memfd(name, content=""):
    """A memfd of this name; its offset is behind the content."""
    fd = os.memfd_create(name)
    write(fd, content)
    return fd


def pty_pair():
    """(master, slave) of a new terminal that is nobody's controlling terminal.

    Its number is a high one: a restore needs the same again, and others are given the lowest that is free. criu tries 32.
    """
    taken = [os.openpty()]
    while int(os.path.basename(os.ttyname(taken[-1][1]))) < 16 + os.getpid() % 12:
        taken.append(os.openpty())
    wanted = taken.pop()
    if not taken:
        return wanted
    for pair in taken:
        os.close(pair[0])
        os.close(pair[1])
    pair = os.dup(wanted[0]), os.dup(wanted[1])
    os.close(wanted[0])
    os.close(wanted[1])
    return pair


def kcmp(pid1, fd1, pid2, fd2):
    """Whether both descriptors are one open file description."""
    result = _libc().syscall(SYSCALLS[os.uname().machine][0], pid1, pid2, KCMP_FILE, fd1, fd2)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result == 0


def child(name, share_table=False, session=False):
    """Forks a puppet with the control directory NAME below this one's, and returns its pid.

    It has the same descriptors by fork, or the very same table with share_table. With session it leads one when this returns.
    """
    control = os.path.join(PUPPET.control, name)
    os.mkdir(control, 0o700)
    pid = _clone(CLONE_FILES | signal.SIGCHLD) if share_table else os.fork()
    if pid == 0:
        try:
            if session:
                os.setsid()
            PUPPET.control = control
            PUPPET.tickers.clear()
            PUPPET.serve()
        except BaseException:
            traceback.print_exc()
        os._exit(70)  # never back into the parent's request
    limit = time.monotonic() + 10
    while session and os.getsid(pid) != pid and time.monotonic() < limit:
        time.sleep(0.001)
    return pid


def every(seconds, code):
    """Runs the code every so many seconds, between requests, until forget()."""
    PUPPET.tickers.append({"seconds": seconds, "due": time.monotonic(), "code": compile(code, "<ticker>", "exec")})


def forget():
    """Stops all that every() started."""
    PUPPET.tickers.clear()


def catch(*signals):
    """From now on these signals are noted in the list `caught`, by name, and do nothing else."""
    for number in signals:
        signal.signal(number, lambda got, _: caught.append(signal.Signals(got).name))


def leave(code=0):
    """Exits with this code once the request is answered."""
    PUPPET.ending = lambda: os._exit(code)


def die(number):
    """Ends by this signal once the request is answered."""
    def end():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        os._exit(71)  # the signal did not end us
    PUPPET.ending = end


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _clone(flags):
    # Without a stack of its own and without CLONE_VM this is a fork that shares what the flags say.
    pid = _libc().syscall(SYSCALLS[os.uname().machine][1], flags, None, None, None, None)
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return pid


caught = []
PUPPET = None
NAMES = globals()  # requests share one namespace, with the modules and functions above in it


def main():
    global PUPPET
    parser = argparse.ArgumentParser(description="Runs the Python code that is put into its control directory.")
    parser.add_argument("control", help="an existing directory; requests come and answers go there")
    parser.add_argument("--keep", default="", metavar="N,N", help="descriptors above 2 that stay open, or: all")
    parser.add_argument("--interval", type=float, default=0.005, metavar="SECONDS", help="between two looks (0.005)")
    arguments = parser.parse_args()
    if arguments.keep != "all":
        kept = {int(number) for number in arguments.keep.split(",") if number}
        for number in fds():
            if number > 2 and number not in kept:
                os.close(number)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C is to end it as it ends other programs
    PUPPET = Puppet(os.path.abspath(arguments.control), arguments.interval)
    PUPPET.serve()


if __name__ == "__main__":
    main()
