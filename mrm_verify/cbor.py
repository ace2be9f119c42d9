"""As much CBOR (RFC 8949) as a COSE key is made of: integers, byte strings, texts, arrays, maps; no open lengths."""

DEEPEST = 4


class NotCbor(ValueError):
    """The bytes are not one such value."""


def decoded(data: bytes):
    """The one value that the bytes hold."""
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise NotCbor("bytes follow the value")
    return value


def _read(data: bytes, at: int, depth: int):
    if at >= len(data) or depth > DEEPEST:
        raise NotCbor("cut off, or nested too deeply")
    kind, argument = data[at] >> 5, data[at] & 31
    at += 1
    if argument >= 24:
        if argument > 27:
            raise NotCbor("an indefinite length")
        width = 1 << argument - 24
        argument, at = int.from_bytes(data[at : at + width], "big"), at + width
    if kind in (0, 1):
        return (argument if kind == 0 else -1 - argument), at
    if kind in (2, 3):
        if at + argument > len(data):
            raise NotCbor("cut off")
        content = data[at : at + argument]
        return (content if kind == 2 else content.decode()), at + argument
    if kind not in (4, 5) or argument > len(data):
        raise NotCbor(f"a value of kind {kind}")
    items = []
    for _ in range(argument * (kind - 3)):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    return (items if kind == 4 else dict(zip(items[::2], items[1::2], strict=True))), at
