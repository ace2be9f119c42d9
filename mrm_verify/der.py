"""As much DER (X.690) as a time-stamp token is made of."""

from collections.abc import Iterator

INTEGER, OCTETS, OBJECT, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
GENERALIZED_TIME = 0x18
CONTEXT = 0xA0  # [0], constructed; [1] is one more.


class NotDer(ValueError):
    """The bytes are not DER, or not of the shape expected."""


class Value:
    """One tagged value: its content, and all its bytes."""

    def __init__(self, data: bytes, start: int = 0):
        if start + 2 > len(data):
            raise NotDer("cut off")
        self.tag, length, at = data[start], data[start + 1], start + 2
        if length & 0x80:
            width = length & 0x7F
            if not 0 < width <= 4:
                raise NotDer("an indefinite or too long length")
            length, at = int.from_bytes(data[at : at + width], "big"), at + width
        self.end = at + length
        if self.end > len(data):
            raise NotDer("cut off")
        self.content, self.bytes = data[at : self.end], data[start : self.end]

    def __iter__(self) -> Iterator["Value"]:
        at = 0
        while at < len(self.content):
            value = Value(self.content, at)
            yield value
            at = value.end

    def parts(self, tag: int) -> list["Value"]:
        """The values inside, this one being of that tag."""
        return list(self.of(tag))

    def of(self, tag: int) -> "Value":
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#x} where {tag:#x} belongs")
        return self

    @property
    def number(self) -> int:
        return int.from_bytes(self.of(INTEGER).content, "big", signed=True)

    @property
    def object(self) -> str:
        """An object identifier in dotted form."""
        numbers, number = [], 0
        for byte in self.of(OBJECT).content:
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(number)
                number = 0
        if not numbers:
            raise NotDer("an empty object identifier")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))
