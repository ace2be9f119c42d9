class Fault(Exception):
    """Something does not hold; the message is a sentence that names it."""

    def __init__(self, message: str):
        super().__init__(plain(message))


def plain(text: str) -> str:
    """With what would move the cursor or turn the direction of reading spelt out: an export may hold any text."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
