"""Free facts that somebody sends along: any JSON, as long as the database can hold it."""

import json

LARGEST = 256 * 1024  # bytes


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
    return "holds a NUL character; remove it." if b"\\u0000" in content else ""
