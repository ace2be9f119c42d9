"""The register of instruments: the days by which packs and people go, each with where it was read."""

import copy
import json
from datetime import date

import pytest

from inventory.regimes import PRIMARY, SECONDARY, faults_in_register, instruments, packs_in_files, read_on
from inventory.regimes.register import FILE

DAYS = {
    "sr-11-7": ("dated", "2011-04-04", "2026-04-17", PRIMARY),
    "occ-2025-26": ("overtaken", "2025-10-06", None, SECONDARY),
    "sr-26-2": ("dated", "2026-04-17", None, PRIMARY),
    "us-request-on-ai": ("announced", None, None, SECONDARY),
    "ss1-23": ("dated", "2024-05-17", None, SECONDARY),
    "osfi-e-23": ("dated", "2027-05-01", None, PRIMARY),
    "ecb-internal-models": ("dated", "2025-07-28", None, SECONDARY),
    "eu-ai-act-amended": ("dated", "2026-07-27", None, SECONDARY),
    "eu-ai-act-earlier": ("several", None, None, SECONDARY),
    "eu-ai-act-annex-iii": ("dated", "2027-12-02", None, SECONDARY),
    "eu-ai-act-annex-i": ("dated", "2028-08-02", None, SECONDARY),
    "reg-b-2026": ("dated", "2026-07-21", None, SECONDARY),
    "cfpb-adverse-action": ("withdrawn", None, None, SECONDARY),
    "ugesp": ("watched", None, None, PRIMARY),
    "nyc-ll-144": ("dated", "2023-07-05", None, SECONDARY),
    "colorado-sb-24-205": ("repealed", None, None, SECONDARY),
    "colorado-sb-26-189": ("dated", "2027-01-01", None, SECONDARY),
    "us-state-fair-lending": ("several", None, None, SECONDARY),
    "nist-ai-rmf": ("dated", "2023-01-26", None, SECONDARY),
    "iso-42001": ("dated", "2023-12-18", None, SECONDARY),
    "iso-42005": ("current", None, None, SECONDARY),
    "iso-42006": ("current", None, None, SECONDARY),
}
BY_CODE = {one.code: one for one in instruments()}
REGISTER = json.loads(FILE.read_text())


def iso(day: date | None) -> str | None:
    return day and day.isoformat()


def test_every_instrument_has_the_days_and_the_source_that_were_read():
    kept = {one.code: (one.status, iso(one.effective_from), iso(one.effective_to), one.source) for one in instruments()}
    assert kept == DAYS
    assert read_on() == date(2026, 11, 20)


@pytest.mark.parametrize("pack", packs_in_files(), ids=lambda pack: pack["code"])
def test_a_pack_and_its_instrument_name_the_same_days_and_the_same_source(pack):
    [instrument] = [one for one in instruments() if one.pack == pack["code"]]
    assert iso(instrument.effective_from) == pack["effective_from"]
    assert iso(instrument.effective_to) == pack["effective_to"]
    assert instrument.source == pack["verification"]["dates"]


def test_no_instrument_names_a_pack_that_there_is_not():
    assert {one.pack for one in instruments()} - {""} == {pack["code"] for pack in packs_in_files()}


@pytest.mark.parametrize(
    ("code", "day", "standing"),
    [
        ("sr-11-7", date(2026, 4, 16), "in force"),
        ("sr-11-7", date(2026, 4, 17), "historical, to 17 April 2026"),
        ("sr-26-2", date(2026, 4, 17), "in force"),
        ("osfi-e-23", date(2027, 4, 30), "from 1 May 2027"),
        ("osfi-e-23", date(2027, 5, 1), "in force"),
        ("colorado-sb-26-189", date(2026, 12, 31), "from 1 January 2027"),
        ("occ-2025-26", date(2026, 11, 20), "overtaken"),
        ("ugesp", date(2030, 1, 1), "watched"),
        ("colorado-sb-24-205", date(2030, 1, 1), "repealed"),
    ],
)
def test_an_instrument_stands_as_its_days_say_and_where_they_do_not_as_it_was_read(code, day, standing):
    assert BY_CODE[code].standing(day) == standing


def test_what_took_the_place_of_an_instrument_begins_when_that_ends():
    for one in instruments():
        if one.followed_by and one.effective_to:
            assert BY_CODE[one.followed_by].effective_from == one.effective_to


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"effective_from": "soon"}, "register.instruments[0].effective_from"),
        ({"effective_from": None}, "register.instruments[0].effective_from is missing"),
        ({"effective_to": "2001-01-01"}, "register.instruments[0].effective_to"),
        ({"status": "binding"}, "register.instruments[0].status"),
        ({"source": "hearsay"}, "register.instruments[0].source"),
        ({"followed_by": "sr-99-9"}, "register.instruments[0].followed_by"),
        ({"code": "sr-26-2"}, "register names the instrument sr-26-2 twice"),
        ({"complies": True}, "register.instruments[0].complies"),
    ],
    ids=["no-day", "no-first-day", "ends-before", "status", "source", "follower", "twice", "unknown-field"],
)
def test_a_faulty_register_is_named_by_its_path(change, path):
    faulty = copy.deepcopy(REGISTER)
    faulty["instruments"][0] |= change
    assert faults_in_register(faulty)[0].startswith(path)


def test_the_register_of_this_release_has_no_fault_and_claims_no_compliance():
    assert faults_in_register(REGISTER) == []
    told = json.dumps(REGISTER).lower()
    assert "complian" not in told and "complies" not in told
