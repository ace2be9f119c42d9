"""The decisions in the evidence bundle, held against what was signed and against the entries that cite it.

    "decisions": [{"statement", "statement_digest", "authentication", "signature", "voided"}]

The bundle holds the newest entries about a model, so what was signed before the oldest of them is cited by none here.
"""

from datetime import datetime

from mrm_verify import passkeys
from mrm_verify.faults import Fault
from mrm_verify.statements import Statements, cited_by, digest_of_statement
from reports.verification.evidence import Faulty


def check_decisions(bundle: dict) -> str:
    """How many decisions are as they were signed, in words; every one must be."""
    try:
        statements = Statements(map(_record, bundle.get("decisions", [])), whole=False, timed=False)
        bodies = sorted((entry["body"] for entry in bundle["trail"]["entries"]), key=lambda body: body["position"])
        for body in bodies:
            cited = cited_by(body) if "details" in body else []
            statements.cite(one for one in cited if one.digest in statements.records)
        for fault in statements.faults_of_cited():
            raise Faulty(fault)
        for digest in statements.strangers():
            _check_uncited(statements.records[digest], oldest=bodies[0]["at"])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as fault:
        raise Faulty(f"The decisions, or the entries about them, are malformed ({fault}).") from fault
    except Fault as fault:
        raise Faulty(str(fault)) from fault
    count, uncited = len(statements.records), len(statements.strangers())
    older = f"; {uncited} of them are older than the entries here" if uncited else ""
    passkeys_of = "; whose passkeys signed, an extract or export of the trail shows" if statements.signed else ""
    return f"{count} decisions are as they were signed{older}{passkeys_of}."


def _record(decision: dict) -> dict:
    signed = {name: decision[name] for name in ("statement", "statement_digest")}
    return signed | {"method": decision["authentication"], "assertion": (decision["signature"] or {}).get("assertion")}


def _check_uncited(record: dict, *, oldest: str) -> None:
    statement, digest = record["statement"], record["statement_digest"]
    if digest_of_statement(statement) != digest:
        raise Fault(f"The statement {digest} was edited: it does not give its digest.")
    begins = statement.get("time_window", {}).get("from", oldest)
    if datetime.fromisoformat(begins) > datetime.fromisoformat(oldest):
        raise Fault(f"No entry of the trail cites the statement {digest}, and the entries go back beyond it.")
    if record["method"] == passkeys.METHOD:
        passkeys.check_signature(digest, record["assertion"] or {})
