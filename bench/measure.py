"""Timing a job in a process of its own, so that its peak of memory is its own too."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of one job: its fastest run on the clock, what the processors worked in it, and the most memory its process held.

    The first run, with whatever it imports and caches, counts towards the memory and rarely is the fastest.
    """

    seconds: float
    processor_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Row:
    """One line of the table that a benchmark prints."""

    job: str
    cost: Cost
    target: str = ""
    note: str = ""


def cost_of(job: Callable, *arguments, times: int) -> Cost:
    """What a function of a module costs when a fresh process runs it `times` times."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, job, arguments, times))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError as fault:
        raise RuntimeError(f"{job.__name__} failed; its own message is above.") from fault
    finally:
        process.join()


def _run(sender, job: Callable, arguments: tuple, times: int) -> None:
    seconds, processor_seconds = min(_seconds(job, arguments) for _ in range(times))
    sender.send(Cost(seconds, processor_seconds, peak_mib()))


def _seconds(job: Callable, arguments: tuple) -> tuple[float, float]:
    start, worked = time.perf_counter(), time.process_time()
    job(*arguments)
    return time.perf_counter() - start, time.process_time() - worked


def cost_here(job: Callable[[], object]) -> Cost:
    """What one run costs in this process and those it starts and waits for; not in PostgreSQL."""

    def worked() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    start, before = time.perf_counter(), worked()
    job()
    return Cost(time.perf_counter() - start, worked() - before, peak_mib())


def peak_mib() -> float:
    # getrusage would include the process this one was forked from.
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def printed(title: str, rows: list[Row]) -> str:
    """The rows as a table that is Markdown too."""
    lines = [f"\n## {title}\n", "| job | fastest run | processors | peak memory | target | |"]
    lines.append("|---|---:|---:|---:|---|---|")
    for row in rows:
        cost = f"{row.cost.seconds:.3f} s | {row.cost.processor_seconds:.3f} s | {row.cost.peak_mib:.0f} MiB"
        lines.append(f"| {row.job} | {cost} | {row.target} | {row.note} |")
    return "\n".join(lines)
