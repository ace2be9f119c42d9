"""The evidence that a finding or its answer cites: each reference looked up, with the digest of what it names."""

import re
import uuid

from audits.assessments.models import Breach, Result, Run
from audits.assessments.services.execution import results_digest
from audits.trail.models import Entry
from inventory.models import Document, Model
from mrm.errors import UnusableData

MOST = 20
LONGEST = 80


def cited(model: Model, references: list[str]) -> list[dict]:
    """Each reference ("run 3f2c…", "entry 1532") as it is kept; refused with every one that names nothing of the model.

    Of each its kind, what it names, the digest that this had when it was cited, and what it is in words.
    """
    if len(references) > MOST:
        raise UnusableData({"message": f"{len(references)} references are too many; {MOST} fit.", "field": "evidence"})
    found, faults = [], []
    for place, reference in enumerate(references, start=1):
        fact, fault = _read(model, reference.strip())
        if fault:
            faults.append({"message": f"Reference {place}: {fault}", "field": "evidence", "row": place})
        elif fact not in found:
            found.append(fact)
    if faults:
        raise UnusableData(*faults)
    return found


def of_breach(breach: Breach) -> str:
    return f"breach {breach.pk}"


def _read(model: Model, reference: str) -> tuple[dict | None, str]:
    kind, _, name = reference.partition(" ")
    if kind not in READ or len(reference) > LONGEST:
        told = ", ".join(READ)
        return None, f"“{reference[:LONGEST]}” cites nothing; begin with one of {told}, then its id, digest or number."
    found = READ[kind](model, name.strip())
    if found is None:
        return None, f"{model} has no {kind} {name.strip()[:LONGEST]}, or none that is finished."
    digest, told = found
    return {"kind": kind, "reference": name.strip(), "digest": digest, "told": told}, ""


def _run(model: Model, name: str):
    run = _by_id(Run.objects.finished().select_related("plan", "version__model"), name, version__model=model)
    return (results_digest(run.results.all()), str(run)) if run else None


def _result(model: Model, name: str):
    result = _by_id(Result.objects.select_related("run"), name, run__version__model=model)
    return (results_digest([result]), str(result)) if result else None


def _breach(model: Model, name: str):
    breach = _by_id(Breach.objects.select_related("version__model", "last_run"), name, version__model=model)
    return (results_digest(breach.last_run.results.all()), str(breach)) if breach else None


def _document(model: Model, name: str):
    document = Document.objects.filter(model=model, sha256=name.lower()).first()
    return (document.sha256, str(document)) if document else None


def _entry(model: Model, name: str):
    if not re.fullmatch(r"[0-9]{1,15}", name):
        return None
    entry = Entry.objects.filter(position=int(name), model_slug=model.slug).first()
    return (entry.leaf_hash, f"{entry.get_action_display()}, entry {entry.position} of the trail") if entry else None


def _by_id(rows, name: str, **of_model):
    try:
        key = uuid.UUID(name)
    except ValueError:
        return None
    return rows.filter(pk=key, **of_model).first()


READ = {"run": _run, "result": _result, "breach": _breach, "document": _document, "entry": _entry}
