"""How the domain says no. Messages are sentences for the person who asked."""


class Shown(str):
    """Words about something that happened, and the position of the entry of the trail that shows it, where one does.

    A reason against somebody is such words, so that whoever reads it can look the deed up.
    """

    entry: int | None

    def __new__(cls, words: str, *, entry: int | None = None) -> "Shown":
        shown = super().__new__(cls, words)
        shown.entry = entry
        return shown

    def __str__(self) -> "Shown":
        return self  # What a form keeps of a reason still knows the entry.


def entry_behind(reason: str) -> int | None:
    """The entry that shows what a reason rests on; None for one that rests on no deed."""
    return getattr(reason, "entry", None)


def shown_by(reasons: list[str]) -> list[dict]:
    """The reasons that rest on a deed, each with the entry, as programs are told."""
    return [{"reason": one, "entry": one.entry} for one in reasons if entry_behind(one) is not None]


class DomainError(Exception):
    """A rule of the domain said no, for every one of `reasons`."""

    def __init__(self, *reasons: str):
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


class NotPermitted(DomainError):
    """You may not do this, whatever its state."""


class RuleBroken(DomainError):
    """This cannot be done now, whoever asks."""


class Outdated(RuleBroken):
    """What you change was changed by somebody else since you read it."""


class UnusableData(DomainError):
    """The data parse but cannot be used; every fault names its field, row or column.

    errors  [{"message": …, "field": …, "row": …, "column": …}], only `message` being always there
    """

    def __init__(self, *errors: dict):
        super().__init__(*(error["message"] for error in errors))
        self.errors = list(errors)


class TookTooLong(UnusableData):
    """What holds the data did not give them in the time that it has."""


class TooLarge(DomainError):
    """More was sent than the stated limit allows."""


class CursorUnknown(ValueError):
    """The cursor is not one that this list gave."""
