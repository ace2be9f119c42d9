"""Reading the packs that come with this release, and what is wrong with one."""

import json
from pathlib import Path

from inventory.policies.checks import are_some_of, is_list_of, is_object, is_one_of, is_text
from inventory.regimes.days import ends_before_it_begins, is_day, is_day_or_open
from inventory.regimes.evidence import EVIDENCE

FOLDER = Path(__file__).resolve().parent


_requirement = is_object({"clause": is_text, "requirement": is_text, "evidence": are_some_of(EVIDENCE)})
# How far this release read the instrument itself: its dates and its clauses, each by where that comes from.
PRIMARY, SECONDARY, UNREAD = "primary text", "secondary source", "not checked against the primary text"
_verification = is_object(
    {"dates": is_one_of((PRIMARY, SECONDARY)), "clauses": is_one_of((PRIMARY, SECONDARY, UNREAD))}
)
_pack = is_object(
    {
        "code": is_text,
        "version": is_text,
        "title": is_text,
        "issuer": is_text,
        "source": is_text,
        "note": is_text,
        "verification": _verification,
        "effective_from": is_day,
        "effective_to": is_day_or_open,
        "requirements": is_list_of(_requirement, called="requirements", at_least=1),
    }
)


def faults_in_pack(document) -> list[str]:
    """Why a document cannot be a pack, each fault with its path; empty where it can."""
    if found := _pack("pack", document):
        return found
    found = ends_before_it_begins("pack", document)
    clauses = [requirement["clause"] for requirement in document["requirements"]]
    found += [
        f"pack names the clause {clause} twice." for clause in dict.fromkeys(clauses) if clauses.count(clause) > 1
    ]
    return found


def packs_in_files() -> list[dict]:
    """Every pack of this release, by code."""
    return [json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))]
