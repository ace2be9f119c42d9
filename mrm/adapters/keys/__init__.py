"""The organisation's keys: seals on documents, time-stamps, and the key of the trail's checkpoints."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from mrm.adapters.keys.hiding import Hiding
from mrm.adapters.keys.keyring import Keyring

__all__ = ["Hiding", "Keyring", "configured", "hiding"]


def configured() -> Keyring:
    """The keyring that the settings describe."""
    return _opened_before(
        Keyring(
            directory=Path(settings.KEYS_DIR),
            organisation=settings.ORGANISATION,
            seal_file=Path(settings.SEAL_KEY) if settings.SEAL_KEY else None,
            passphrase=settings.SEAL_KEY_PASSPHRASE,
            time_stamp_url=settings.TSA_URL,
        )
    )


def hiding() -> Hiding:
    """How small secrets in the database are hidden from whoever reads it."""
    return Hiding(Path(settings.KEYS_DIR) / "secrets.key")


@lru_cache(maxsize=8)
def _opened_before(keyring: Keyring) -> Keyring:
    """The first keyring equal to this one, which has read its files already."""
    return keyring
