"""The register of instruments: what was in force and what moved on the day it was read, as dated data.

Unlike a pack it asks for nothing: it says which instruments there are, between which days each holds, and where that
was read. Packs map the requirements of some of them to evidence.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from inventory.policies.checks import is_list_of, is_object, is_one_of, is_text
from inventory.regimes.days import ends_before_it_begins, is_day, is_day_or_open, standing_on
from inventory.regimes.packs import PRIMARY, SECONDARY

FILE = Path(__file__).resolve().parent.parent / "instruments.json"

DATED = "dated"
# How an instrument stands where its days do not tell.
STATUSES = {
    DATED: "as its days say",
    "several": "by part",
    "current": "current",
    "overtaken": "overtaken",
    "withdrawn": "withdrawn",
    "repealed": "repealed",
    "announced": "announced",
    "watched": "watched",
}

_instrument = is_object(
    {
        "code": is_text,
        "title": is_text,
        "issuer": is_text,
        "status": is_one_of(STATUSES),
        "effective_from": is_day_or_open,
        "effective_to": is_day_or_open,
        "source": is_one_of((PRIMARY, SECONDARY)),
        "note": is_text,
    },
    optional={"followed_by": is_text, "pack": is_text},
)
_register = is_object({"read_on": is_day, "instruments": is_list_of(_instrument, called="instruments", at_least=1)})


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One instrument, by its days.

    source       where its days and its status were read
    followed_by  the code of what took its place
    pack         the code of the regime pack that maps its requirements
    """

    code: str
    title: str
    issuer: str
    status: str
    effective_from: date | None
    effective_to: date | None
    source: str
    note: str
    followed_by: str = ""
    pack: str = ""

    def standing(self, day: date) -> str:
        """How it stands on this day, in words."""
        if self.status == DATED:
            return standing_on(day, self.effective_from, self.effective_to)
        return STATUSES[self.status]


def faults_in_register(document) -> list[str]:
    """Why a document cannot be the register, each fault with its path; empty where it can."""
    if found := _register("register", document):
        return found
    listed = document["instruments"]
    codes = [one["code"] for one in listed]
    found = [f"register names the instrument {code} twice." for code in dict.fromkeys(codes) if codes.count(code) > 1]
    for place, one in enumerate(listed):
        where = f"register.instruments[{place}]"
        found += ends_before_it_begins(where, one)
        if one["status"] == DATED and not one["effective_from"]:
            found.append(f"{where}.effective_from is missing; what stands as its days say needs a first one.")
        if one.get("followed_by", codes[0]) not in codes:
            found.append(f"{where}.followed_by names no instrument of the register: {one['followed_by']}.")
    return found


@cache
def instruments() -> tuple[Instrument, ...]:
    """Every instrument, in the order of the register."""
    return tuple(_instrument_in(one) for one in _document()["instruments"])


def read_on() -> date:
    """The day on which the register says how things stood."""
    return date.fromisoformat(_document()["read_on"])


@cache
def _document() -> dict:
    return json.loads(FILE.read_text())


def _instrument_in(one: dict) -> Instrument:
    days = {name: one[name] and date.fromisoformat(one[name]) for name in ("effective_from", "effective_to")}
    return Instrument(**one | days)
