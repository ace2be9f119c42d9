"""One task per column, on the cores this process may use."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """The answers in order. Threads suffice: reading, sorting and searching all let go of the interpreter's lock."""
    workers = min(len(os.sched_getaffinity(0)), len(items))
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))
