"""What was approved stands on the decisions that it awaited; whoever owns the tables takes none away unnoticed."""

import pytest
from django.db import transaction

from audits.trail.services import governed
from audits.workflows.models import Decision
from audits.workflows.services.decisions import locked, void_decisions
from reports.contents.unsaid import DECISIONS, unsaid
from tests.factories import without_triggers

AWAITED = "was approved, and the decisions that stand are not those of all whom it awaits"
ONE = "(SELECT id FROM workflows_decision ORDER BY decided_at LIMIT 1)"
VOIDED = f"voided_at = now() WHERE id = {ONE}"
# What is done to which table, and all that is said of it.
CHANGED = {
    "one approval taken away": ("workflows_decision", VOIDED, {AWAITED, "no entry says so", "one is void"}),
    "both given for one role": ("workflows_decision", "role = 'validator'", {AWAITED}),
    "one called a rejection": ("workflows_decision", f"approved = false WHERE id = {ONE}", {AWAITED}),
    "one approval awaited": (
        "workflows_changerequest", "roles_required = '[\"validator\"]'", {"does not await whom its entry says"},
    ),
    "one signature void": (
        "accounts_signature", "voided_at = now() WHERE statement ->> 'outcome' = 'approved'", {"one is void"},
    ),
}  # fmt: skip


def named() -> list[str]:
    return [one for told, statement in DECISIONS.items() for one in unsaid(told, statement, 9)]


@pytest.fixture
def approved(story) -> None:
    assert Decision.objects.filter(change__state="completed", approved=True).count() == 2 and named() == []


@pytest.mark.parametrize("what", CHANGED)
def test_an_approval_that_does_not_stand_is_named(approved, what):
    table, change, told = CHANGED[what]
    with transaction.atomic():
        without_triggers(table, f"UPDATE {table} SET {change}")
        found = named()
        transaction.set_rollback(True)
    assert {words for words in told if any(words in one for one in found)} == told
    assert all(any(words in one for words in told) for one in found)


def test_a_decision_that_an_entry_says_was_voided_and_that_stands_again_is_named(approved):
    decision = Decision.objects.earliest("decided_at")
    with transaction.atomic():
        with governed():
            void_decisions(locked(decision.change), because="It drifted.", actor=None)
        assert [AWAITED in one for one in named()] == [True]
        for table in ("workflows_decision", "accounts_signature"):
            without_triggers(table, f"UPDATE {table} SET voided_at = NULL")
        assert f"The decision {decision.pk} was voided, as an entry says, and stands again." in named()
        transaction.set_rollback(True)
