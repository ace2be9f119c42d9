"""What the server answers, as far as a script uses it; `raw` holds all of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

Shape = TypeVar("Shape", bound="Answer")


@dataclass(frozen=True)
class Answer:
    raw: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls: type[Shape], body: dict[str, Any]) -> Shape:
        """Takes the fields it knows; a newer server may say more."""
        known = {each.name for each in fields(cls)} - {"raw"}
        taken = {name: _moment(value) if name.endswith("_at") else value for name, value in body.items()}
        return cls(raw=body, **{name: value for name, value in taken.items() if name in known})


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value.replace("Z", "+00:00"))


@dataclass(frozen=True)
class Model(Answer):
    """One model of the inventory; `missing` is what the policy still asks for."""

    slug: str
    name: str
    status: str
    tier: int
    missing: list[str]
    revision: int


@dataclass(frozen=True)
class Version(Answer):
    """One immutable build of a model."""

    model: str
    number: int
    stage: str
    framework: str


@dataclass(frozen=True)
class Reference(Answer):
    """What a version is compared with; `sha256` is that of the Parquet which the server stores."""

    id: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Batch(Answer):
    """Rows that a version scored."""

    id: str
    rows: int
    sha256: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Outcomes(Answer):
    """What became of predictions; `unknown_ids` had no prediction when they came."""

    id: str
    rows: int
    sha256: str
    unknown_ids: int


@dataclass(frozen=True)
class Gate(Answer):
    """Whether a version may go into production, and every reason why not.

    waived          what an approved exception sets aside
    warnings        what blocks nothing, and somebody should know
    policy_version  under which the answer holds
    """

    allowed: bool
    blockers: list[str]
    waived: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    policy_version: int | None = None  # A server of before these three says nothing of them.


@dataclass(frozen=True)
class Check:
    """One check of a report; `holds` is None where an earlier failure left it unexamined."""

    name: str
    holds: bool | None
    explanation: str


@dataclass(frozen=True)
class Verification(Answer):
    """Whether a report is what was issued, check by check."""

    holds: bool
    sha256: str
    checks: list[Check]
