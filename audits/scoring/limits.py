"""What one confined child process may use."""

from dataclasses import dataclass

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one child process; going over any of them ends it with a sentence that names the bound.

    ``required`` names the confinements without which no artifact is opened at all. Seccomp is in every kernel since
    3.5; an operator whose kernels all have Landlock should add it.
    """

    memory_bytes: int = 2 * GIBIBYTE
    cpu_seconds: int = 240
    wall_seconds: float = 300.0
    threads: int = 64
    answer_bytes: int = 512 * MEBIBYTE
    artifact_bytes: int = 512 * MEBIBYTE
    required: frozenset[str] = frozenset({"rlimits", "seccomp"})


def in_words(size: int) -> str:
    """A number of bytes as a person would say it: ``2 GiB``, ``1.5 MiB``, ``12 bytes``."""
    for unit, name in ((GIBIBYTE, "GiB"), (MEBIBYTE, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
