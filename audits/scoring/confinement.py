"""Start a process that may hold a hostile model, wait for its answer, and never trust it.

The child gets an empty environment, no open file but the ones named here, no standard input, its own session, and
confines itself (``restraints``) before it reads the artifact. What was in force it says on a pipe before that moment,
so a model that takes the process over cannot change it. Everything else it says is data.
"""

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from audits.scoring import answers
from audits.scoring.errors import ArtifactRefused, ScoringFailed, ScoringTimedOut
from audits.scoring.limits import Limits, in_words

SOURCE_ROOT = Path(__file__).resolve().parents[2]
SECONDS_BETWEEN_LOOKS = 0.05
PRINTED_BYTES_KEPT = 4096

# One thread each: the same sums in the same order every time, and no thread pool per library on a shared worker.
ENVIRONMENT = {
    "PYTHONPATH": str(SOURCE_ROOT),
    "PYTHONHASHSEED": "0",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "TMPDIR": "/nonexistent",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "JOBLIB_MULTIPROCESSING": "0",
}

OUT_OF_MEMORY = re.compile(
    r"MemoryError|bad_alloc|bad allocation|length_error|out of memory|(cannot|unable to|failed to) allocate",
    re.IGNORECASE,
)
NO_MORE_THREADS = re.compile(r"can't start new thread|pthread_create|Resource temporarily unavailable", re.IGNORECASE)
ANSWER_TOO_LARGE = re.compile(r"\[Errno 27\]")


@dataclass(frozen=True)
class Answer:
    """What the child sent back, and the confinements that were in force before it opened anything."""

    facts: dict
    blobs: dict[str, np.ndarray | bytes]
    confinement: tuple[str, ...]


@dataclass(frozen=True)
class Ending:
    """How a child ended: its exit code (negative for a signal), why we ended it if we did, and the time it computed."""

    code: int
    killed_because: ScoringFailed | None
    cpu_seconds: float


def run_confined(
    task: dict,
    *,
    inputs: Mapping[str, BinaryIO],
    limits: Limits,
    program: str = "audits.scoring.child",
) -> Answer:
    """Do one task in a confined child process; its refusals come back as exceptions with a sentence.

    ``inputs`` are open files, passed on read-only through their descriptors, so the child needs no right to any folder.
    """
    if not sys.platform.startswith("linux"):
        raise ScoringFailed("Model artifacts are opened on Linux only, because only there can the process be confined.")
    with ExitStack() as files:
        readable = {name: files.enter_context(_reopened(file)) for name, file in inputs.items()}
        readable["task"] = files.enter_context(tempfile.TemporaryFile())
        readable["task"].write(json.dumps(task, allow_nan=False).encode())
        readable["task"].seek(0)
        answer, printed = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        announcement, announce = os.pipe()
        files.callback(os.close, announcement)
        orders = {
            "parent": os.getpid(),
            "limits": asdict(limits) | {"required": sorted(limits.required)},
            "inputs": {name: file.fileno() for name, file in readable.items()},
            "answer": answer.fileno(),
            "announce": announce,
        }
        try:
            child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-s", "-B", "-m", program, json.dumps(orders)],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                env=ENVIRONMENT,
                cwd="/",
                pass_fds=[announce, answer.fileno(), *orders["inputs"].values()],
                start_new_session=True,
            )
        finally:
            os.close(announce)
        ending = _wait(child, limits)
        confinement = _announced(announcement)
        if printed.seek(0, os.SEEK_END) >= limits.answer_bytes:
            raise ScoringFailed(f"The model printed more than {in_words(limits.answer_bytes)}.")
        _raise_unless_well(ending, _tail(printed), confinement, limits)
        answer.seek(0)
        facts, blobs = answers.read(answer, most_bytes=limits.answer_bytes)
    if isinstance(refusal := facts.get("refused"), str):
        raise ArtifactRefused(_one_line(refusal))
    if isinstance(failure := facts.get("failed"), str):
        raise ScoringFailed(_one_line(failure))
    return Answer(facts, blobs, confinement)


def _reopened(file: BinaryIO) -> BinaryIO:
    """The same file through a descriptor that cannot write and has its own position."""
    if hasattr(file, "flush"):
        file.flush()
    return open(f"/proc/self/fd/{file.fileno()}", "rb", buffering=0)


def _wait(child: subprocess.Popen, limits: Limits) -> Ending:
    """Look every few hundredths of a second until the child has ended or must be ended."""
    deadline = time.monotonic() + limits.wall_seconds
    killed_because = None
    handle = os.pidfd_open(child.pid)
    try:
        while not select.select([handle], [], [], SECONDS_BETWEEN_LOOKS)[0]:
            if time.monotonic() > deadline:
                killed_because = ScoringTimedOut(f"The model ran longer than {limits.wall_seconds:g} seconds.")
            elif _threads_of(child.pid) > limits.threads:
                killed_because = ScoringFailed(f"The model started more than {limits.threads} threads.")
            if killed_because:
                break
    finally:
        os.close(handle)
        # Not yet waited for, so the number cannot have been given to another process.
        os.killpg(child.pid, signal.SIGKILL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return Ending(child.returncode, killed_because, usage.ru_utime + usage.ru_stime)


def _threads_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"^Threads:\s*(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else 0


def _announced(announcement: int) -> tuple[str, ...]:
    """The confinements the child listed before it read anything; the pipe is empty when it never came that far."""
    os.set_blocking(announcement, False)
    try:
        line = os.read(announcement, 4096)
    except BlockingIOError:
        return ()
    return tuple(line.partition(b"\n")[0].decode("ascii", "replace").split())


def _tail(printed: io.BufferedRandom) -> str:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - PRINTED_BYTES_KEPT))
    return printed.read(PRINTED_BYTES_KEPT).decode("utf-8", "replace")


def _raise_unless_well(ending: Ending, printed: str, confinement: tuple[str, ...], limits: Limits) -> None:
    """Turn how the child ended into a sentence, the most telling cause first."""
    if ending.killed_because:
        raise ending.killed_because
    if ending.code == 0 and confinement:
        return
    if ending.code == -signal.SIGXCPU or (ending.code < 0 and ending.cpu_seconds >= limits.cpu_seconds):
        raise ScoringTimedOut(f"The model used more than {limits.cpu_seconds} seconds of processor time.")
    if ending.code == -signal.SIGXFSZ or ANSWER_TOO_LARGE.search(printed):
        raise ScoringFailed(f"The model's answer is larger than {in_words(limits.answer_bytes)}.")
    if NO_MORE_THREADS.search(printed):
        raise ScoringFailed(f"The model could not start its threads within {in_words(limits.memory_bytes)} of memory.")
    if OUT_OF_MEMORY.search(printed):
        raise ScoringFailed(f"The model used more than {in_words(limits.memory_bytes)} of memory.")
    if ending.code == -signal.SIGKILL:
        raise ScoringFailed("The model's process was killed from outside; usually the machine ran out of memory.")
    if ending.code < 0:
        name = signal.Signals(-ending.code).name
        raise ScoringFailed(f"The model's process crashed ({name}): the artifact is damaged, hostile or not supported.")
    last_line = next((line for line in reversed(printed.splitlines()) if line.strip()), "it gave no reason")
    raise ScoringFailed(f"The model could not be run: {_one_line(last_line).rstrip('.')}.")


def _one_line(text: str) -> str:
    """Text that came out of the child, fit to be shown: printable, one line, not long."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:1000]).split())[:500]
