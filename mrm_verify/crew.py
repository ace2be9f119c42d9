"""Running one function over many arguments in several processes, the answers in order."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice


@contextmanager
def crew(jobs: int, *, prepare: Callable[[], None] | None = None):
    """Gives `run(function, work)`: the answers in order, in so many processes, never far ahead of who reads them.

    `prepare` is called once in each process before its first piece of work.
    """
    if jobs <= 1:
        yield lambda function, work: (function(*arguments) for arguments in work)
        return
    with ProcessPoolExecutor(jobs, initializer=prepare) as pool:

        def run(function, work):
            work = iter(work)
            waiting = [pool.submit(function, *arguments) for arguments in islice(work, 2 * jobs)]
            while waiting:
                yield waiting.pop(0).result()
                waiting.extend(pool.submit(function, *arguments) for arguments in islice(work, 1))

        try:
            yield run
        finally:
            pool.shutdown(cancel_futures=True)
