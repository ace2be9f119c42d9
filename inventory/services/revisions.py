"""Changes that hold only on top of what their sender has read."""

from mrm.errors import Outdated


def refuse_outdated(thing, revision) -> None:
    """Refuse where somebody else changed it since the revision that was read; None is all the same to the sender.

    Called with the row locked, so that nobody comes between.
    """
    if revision is not None and revision != thing.revision:
        raise Outdated(f"{thing} was changed by somebody else since you read it. Read it again and repeat your change.")
