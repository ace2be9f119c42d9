"""A child program for the tests: confined exactly as the real one, but it tries what a hostile model would try.

``attempt`` runs each attempt and reports what came of it: "did it", or the name of the error.
"""

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from audits.scoring import child

LIBC = ctypes.CDLL(None, use_errno=True)


def _call(number_or_function, *arguments):
    if number_or_function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _write_again(descriptor):
    with open(f"/proc/self/fd/{descriptor}", "r+b") as file:
        file.write(b"changed")


def _thread():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def attempts(task, inputs):
    canary, folder, bystander = task["canary"], task["folder"], task["bystander"]
    return {
        "an IPv4 socket": lambda: socket.socket(socket.AF_INET),
        "an IPv6 socket": lambda: socket.socket(socket.AF_INET6),
        "a Unix socket": lambda: socket.socket(socket.AF_UNIX),
        "a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW),
        "a fork": _fork,
        "a program": lambda: os.execv("/bin/true", ["true"]),
        "a subprocess": lambda: subprocess.run(["/bin/true"], check=True),
        "reading a stored file": lambda: open(canary).read(),
        "listing a folder": lambda: os.listdir(folder),
        "reading the worker's environment": lambda: open(f"/proc/{bystander}/environ").read(),
        "reading /etc/passwd": lambda: open("/etc/passwd").read(),
        "overwriting a file": lambda: open(canary, "w").write("x"),
        "creating a file": lambda: os.open(os.path.join(folder, "new"), os.O_CREAT),
        "creating a temporary file": lambda: open("/tmp/left-by-a-model", "w"),
        "creating shared memory": lambda: open("/dev/shm/left-by-a-model", "w"),
        "removing a file": lambda: os.unlink(canary),
        "renaming a file": lambda: os.rename(canary, canary + "x"),
        "creating a folder": lambda: os.mkdir(os.path.join(folder, "new")),
        "linking a file": lambda: os.symlink(canary, os.path.join(folder, "link")),
        "opening its input for writing": lambda: _write_again(inputs["input"]),
        "changing the mode of its input": lambda: os.fchmod(inputs["input"], 0o777),
        "writing to its input": lambda: os.write(inputs["input"], b"x"),
        "signalling another process": lambda: os.kill(bystander, 0),
        "signalling everybody": lambda: os.kill(-1, 0),
        "raising a limit": lambda: resource.setrlimit(
            resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        ),
        "unlimiting another process": lambda: resource.prlimit(bystander, resource.RLIMIT_CPU),
        "memory in an unnamed file": lambda: os.memfd_create("x"),
        "memory the limit does not count": lambda: mmap.mmap(-1, 4096),
        "a new namespace": lambda: _call(LIBC.unshare, 0x10000000),
        "tracing another process": lambda: _call(LIBC.ptrace, 16, bystander, 0, 0),
        "io_uring": lambda: _call(LIBC.syscall, 425, 8, ctypes.create_string_buffer(120)),
        "a thread": _thread,
        "reading its input": lambda: child.contents(inputs["input"]),
        "importing a library": lambda: __import__("sqlite3"),
        "signalling itself": lambda: os.kill(os.getpid(), 0),
    }


def attempt(task, inputs):
    outcomes = {}
    for name, action in attempts(task, inputs).items():
        try:
            action()
            outcomes[name] = "did it"
        except OSError as error:
            outcomes[name] = errno.errorcode.get(error.errno, "OSError")
        except ValueError as error:
            outcomes[name] = str(error)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "outcomes": outcomes,
        "environment": dict(os.environ),
        "status": {name: value.strip() for name, value in status.items()},
        "open_files": {number: os.readlink(f"/proc/self/fd/{number}") for number in _open_files()},
        "session": os.getsid(0) == os.getpid(),
    }, {}


def _open_files():
    return [number for number in range(256) if os.path.lexists(f"/proc/self/fd/{number}")]


def use_memory(task, inputs):
    hoard = []
    while True:
        hoard.append(bytearray(16 * 1024**2))


def use_memory_natively(task, inputs):
    import numpy as np

    return {"sum": float(np.ones(task["bytes"] // 8).sum())}, {}


def use_processor(task, inputs):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def use_time(task, inputs):
    time.sleep(60)


def use_threads(task, inputs):
    threading.stack_size(64 * 1024)
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        time.sleep(0.0005)


def fork_on_and_on(task, inputs):
    refused = 0
    for _ in range(1000):
        try:
            os.fork()
        except OSError:
            refused += 1
    return {"refused": refused}, {}


def answer_at_length(task, inputs):
    return {}, {"blob": b"x" * task["bytes"]}


def print_at_length(task, inputs):
    for _ in range(10_000):
        print("x" * 1000)


def crash(task, inputs):
    ctypes.string_at(0)


def fail(task, inputs):
    raise ValueError("\x1b[31mthe tensor has\nthe wrong shape\x07")


def forge_confinement(task, inputs):
    for number in _open_files():
        try:
            os.write(number, b"perfect\n")
        except OSError:
            continue
    return {}, {}


if __name__ == "__main__":
    child.main(lambda task, inputs: getattr(sys.modules["__main__"], task["do"])(task, inputs))
