"""Processes that end together, and at the latest with the process that started them.

Three nets, because a process left behind holds ports, files and data: `close` on an orderly end; a watchdog in a
session of its own when this process is killed; on Linux the kernel's parent-death signal when both are killed at once.
"""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mrm import watchdog


@functools.cache
def _signal_on_parent_death() -> bool:
    """Whether util-linux's setpriv is here and new enough to ask the kernel for that signal."""
    if shutil.which("setpriv") is None:
        return False
    options = subprocess.run(["setpriv", "--help"], capture_output=True, text=True, check=False)  # noqa: S607
    return "--pdeathsig" in options.stdout


@dataclass
class Child:
    """One running process, the leader of a process group of its own."""

    name: str
    process: subprocess.Popen
    stop_signal: signal.Signals
    log: Path | None

    def is_running(self) -> bool:
        return self.process.poll() is None

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:]) if self.log else ""


class Crew:
    """Starts children, each in its own process group, and ends them all, youngest first."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._watchdog: subprocess.Popen | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path | None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        privileges: Sequence[str] = (),
    ) -> Child:
        """Starts `command`; its output is appended to `log`, or is ours where there is none.

        `privileges` are options of setpriv.
        """
        options = [*privileges]
        if _signal_on_parent_death():
            options.append(f"--pdeathsig={stop_signal.name.removeprefix('SIG')}")
        prefix = ["setpriv", *options, "--"] if options else []
        with self._output(log) as output:
            process = subprocess.Popen(  # noqa: S603 -- commands of our own, never a user's.
                [*prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output and subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        child = Child(name, process, stop_signal, log)
        self.children.append(child)
        self._announce(child)
        return child

    def stop(self, child: Child, grace: float = watchdog.GRACE_SECONDS) -> None:
        """Ends one child with everything it started."""
        watchdog.end_group(child.process.pid, child.stop_signal, grace)
        child.process.wait()
        self.children.remove(child)
        self._tell_watchdog(f"{child.process.pid} ended")

    def close(self) -> None:
        """Ends every child, youngest first, then the watchdog."""
        while self.children:
            self.stop(self.children[-1])
        if self._watchdog is not None:
            self._watchdog.stdin.close()
            self._watchdog.wait()
            self._watchdog = None

    @staticmethod
    def _output(log: Path | None) -> contextlib.AbstractContextManager:
        if log is None:
            return contextlib.nullcontext()
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("ab")

    def _announce(self, child: Child) -> None:
        if self._watchdog is None:
            self._watchdog = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", watchdog.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=os.sep,
                start_new_session=True,
            )
        self._tell_watchdog(f"{child.process.pid} {child.stop_signal.name}")

    def _tell_watchdog(self, line: str) -> None:
        self._watchdog.stdin.write(line + "\n")
        self._watchdog.stdin.flush()
