"""What deciding costs: each step of a promotion reads every fact once, however many rules ask for it."""

from collections import Counter

from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.workflows.gates import gate_for
from audits.workflows.models import Decision
from audits.workflows.services import decide, decision_view, prepare_decision, request_change, sign_decision
from audits.workflows.states import ChangeState
from mrm.accounts.services import Password
from tests.factories import PASSWORD
from tests.fixtures.story import assess

# Of a version with four assessments that takes the place of another, whose breaches are then closed.
MOST = {
    "asking the gate": 16,
    "requesting": 48,
    "the first page": 43,
    "the first statement": 43,
    "the first signature": 57,
    "the second page": 53,
    "the second statement": 54,
    "the last signature": 108,
    "deciding first, in one call": 76,
}
AT_THE_GATE = (
    "assessments_run",
    "assessments_result",
    "inventory_tierassessment",
    "workflows_arrangement",
    "workflows_finding",
    "workflows_supervisoryrecord",
    "workflows_validationopinion",
)
UNSETTLED = "'expired'"


class Spent:
    """How many statements each step took, and what it read of the gate more than once."""

    def __init__(self):
        self.statements, self.again = {}, {}

    def step(self, name: str, act, *about, **fields):
        with CaptureQueriesContext(connection) as captured:
            done = act(*about, **fields)
        asked = Counter(one["sql"] for one in captured.captured_queries if one["sql"])
        self.statements[name] = asked.total()
        again = [sql for sql, times in asked.items() if times > 1]
        self.again[name] = [sql for sql in again if any(f'FROM "{table}"' in sql for table in AT_THE_GATE)]
        return done


def test_each_step_of_a_promotion_reads_what_the_gate_rests_on_once_and_keeps_to_its_budget(story, open_gate):
    assess(version := story.candidate())
    spent = Spent()
    spent.step("asking the gate", gate_for, version)
    change = spent.step("requesting", request_change, "promotion", version, reason="Better.", actor=story.owner)
    said = {"approved": True, "meaning": Decision.Meaning.REVIEWED}
    for person, place, last in ((story.validator, "first", "first"), (story.risk_officer, "second", "last")):
        shown = spent.step(f"the {place} page", decision_view, change, person=person).change
        digest = {"evidence_digest": shown.evidence_digest}
        statement = spent.step(f"the {place} statement", prepare_decision, shown, **said | digest, actor=person)
        proof = Password(PASSWORD)
        spent.step(f"the {last} signature", sign_decision, shown, statement.pk, proof=proof, actor=person)
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED
    # What restricts the model is asked anew once the promotion has ended something, since that changes the answer.
    spent.again["the last signature"] = [one for one in spent.again["the last signature"] if UNSETTLED not in one]
    assert {name: sqls for name, sqls in spent.again.items() if sqls} == {}
    assert {name: n for name, n in spent.statements.items() if n > MOST[name]} == {}, spent.statements


def test_a_program_that_decides_where_nothing_is_signed_yet_reads_what_the_gate_rests_on_once(story, open_gate):
    assess(version := story.candidate())
    change = request_change("promotion", version, reason="Better.", actor=story.owner)
    said = {"approved": True, "meaning": Decision.Meaning.REVIEWED, "evidence_digest": change.evidence_digest}
    spent = Spent()
    spent.step("deciding first, in one call", decide, change, **said, password=PASSWORD, actor=story.validator)
    assert spent.again == {"deciding first, in one call": []}
    assert {name: n for name, n in spent.statements.items() if n > MOST[name]} == {}
