"""Free facts that somebody sends along: any JSON, as long as the database can hold it."""

import json

LARGEST = 256 * 1024  # bytes
DEEPEST = 20  # Whoever shows them must be able to, however deep in calls they are.


def why_not_kept(value, *, largest: int = LARGEST) -> str:
    """What is wrong with facts that are to be kept, as the end of a sentence; empty where nothing is."""
    if not isinstance(value, dict):
        return "must be an object."
    try:
        content = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return "must be JSON without NaN, infinities or half characters."
    if len(content) > largest:
        return f"has {len(content)} bytes; at most {largest} are kept. Store it elsewhere and give its address."
    if _is_deeper(value, DEEPEST):
        return f"is nested deeper than {DEEPEST} levels; write it flatter."
    return "holds a NUL character; remove it." if b"\\u0000" in content else ""


def _is_deeper(value, levels: int) -> bool:
    """Level by level, because a deep nest is deeper than calls may be."""
    within = [value]
    for _ in range(levels):
        within = [
            inner
            for one in within
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in within)
