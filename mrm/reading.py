"""Texts that are read otherwise than they are kept. Plain values.

Whoever signs must read what is signed: characters that turn the direction of reading show "approve up to 100" for
another text, and a letter of another script stands in a name for the one that it looks like.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
FILLING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")  # Unseen letters.
HYPHENS = dict.fromkeys(map(ord, "\u02d7\u2010\u2011\u2012\u2043\u2212"), "-")  # Drawn as the one on the keyboard.
LOOKS_LATIN = frozenset("АВЕЅІЈКМНОРСТУХаеіјорсѕухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧανιορυ")  # noqa: RUF001 - that is the point.


def fault_in_reading(text: str) -> str:
    """What would show another text than is kept, as the end of a sentence."""
    if found := next((letter for letter in text if letter in TURNING), ""):
        return f"holds {_named(found)}, which turns the direction of reading; remove it."
    return ""


def fault_in_shown_name(name: str) -> str:
    """What would let a name be taken for another one, as the end of a sentence."""
    if found := next(filter(_is_invisible, name), ""):
        return f"holds {_named(found)}, which nobody sees; remove it."
    for is_word, letters in groupby(name, str.isalpha):
        word = set(letters)
        if is_word and (alike := word & LOOKS_LATIN) and any("LATIN" in unicodedata.name(one, "") for one in word):
            return (
                f"holds {_named(min(alike))} among Latin letters, for one of which it is taken; write it in one script."
            )
    return ""


def plain_form(name: str) -> str:
    """The one way to write what looks like this: letters and marks put together, of the usual width, single blanks and
    the hyphen of the keyboard."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(HYPHENS).split())


def _is_invisible(letter: str) -> bool:
    return (
        unicodedata.category(letter) in INVISIBLE
        or letter in FILLING
        or "VARIATION SELECTOR" in unicodedata.name(letter, "")
    )


def texts_in(value) -> Iterator[str]:
    """Every text in a JSON value, the names of its members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *texts_in(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def _named(letter: str) -> str:
    return f"U+{ord(letter):04X} ({unicodedata.name(letter, 'without a name')})"
