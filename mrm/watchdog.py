"""Ends groups of processes; as a program, those whose starter died without doing it itself.

Run as `python watchdog.py`, it reads lines from its standard input: "1234 SIGINT" announces a process group and how it
is asked to stop, "1234 ended" takes it back. The end of that input means that the process at the other end is gone, by
whatever signal, and every group still announced is ended. Nothing of ours is imported, so it starts in an instant.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

import psutil

GRACE_SECONDS = 10.0


def _is_member(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def is_alive(group: int) -> bool:
    """Whether the group has a process that still runs; one that only waits to be reaped does not count."""
    return any(_is_member(pid, group) for pid in psutil.pids())


def end_group(group: int, stop_signal: int, grace: float = GRACE_SECONDS) -> None:
    """Asks the group to stop, waits, and kills whatever is still there."""
    try:
        os.killpg(group, stop_signal)
        deadline = time.monotonic() + grace
        while is_alive(group) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS refuses a group that holds only zombies.
        return


def keep(lines: Iterable[str]) -> None:
    """Remembers the announced groups and ends them, youngest first, once the announcements end."""
    groups = {}
    for line in lines:
        group, word = line.split()
        if word == "ended":
            groups.pop(int(group), None)
        else:
            groups[int(group)] = signal.Signals[word]
    for group, stop_signal in reversed(groups.items()):
        end_group(group, stop_signal)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # It ends when its starter does, and not a moment sooner.
    keep(sys.stdin)
