"""How the domain says no. Messages are sentences for the person who asked."""


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


class TooLarge(DomainError):
    """More was sent than the stated limit allows."""
