"""The history of any object as sentences: every action has one, none of them trusts what it tells."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import get_resolver

from audits.trail.models import Action, Entry, subject_name
from inventory.contents.stories import KINDS, KINDS_OF_ENTRY, SENTENCES, all_lines, lines_of, story_of
from inventory.contents.stories.lines import PLACE
from inventory.contents.stories.sentences import QUOTED, QUOTED_FROM
from inventory.contents.stories.wording import WRITTEN
from inventory.services import edit_model, propose_use
from tests.factories import make_model, make_person, make_version, promote

EVIL = "<script>alert(1)</script><b onclick='x'>\"&'"
AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
# What a detail may turn out to be, in an entry of another release or of somebody with SQL.
VALUES = [EVIL, [EVIL], {EVIL: EVIL}, {"before": EVIL}, [{"name": EVIL, "vote": EVIL}], [[EVIL]], None, True, 0, 7, 1.5]


def entry(action, *, subject="inventory.Model:1", name="Credit default", **details) -> Entry:
    return Entry(
        position=5,
        at=AT,
        actor_id="7",
        actor_name="Ada Lovelace",
        authenticated_by="session",
        action=action,
        subject=subject,
        subject_name=name,
        model_slug="credit",
        details=details,
        leaf_hash="a" * 64,
    )


def told(action, **details) -> str:
    return lines_of([entry(action, **details)])[0].sentence


def places(template: str) -> set[str]:
    return {name for name, _ in PLACE.findall(template)} - {"subject", "model"}


def page_of(lines) -> str:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    page = SimpleNamespace(previous="", next="")
    return render_to_string(
        "trail/story.html", {"days": [(AT.date(), lines)], "page": page, "subject": "inventory.Model:1"}, request
    )


def test_every_action_has_one_sentence_and_no_other_thing_has():
    assert set(SENTENCES) == set(Action.values)


@pytest.mark.parametrize("action", Action.values)
def test_a_sentence_names_only_ways_of_writing_that_exist(action):
    template = SENTENCES[action]
    assert {how for _, how in PLACE.findall(template)} <= {"", *WRITTEN}
    assert re.sub(r"\{\w+(:\w+)?\}|\[|\]", "", template).count("{") == 0
    assert not re.search(r"\[[^\]]*\[", template), "an optional piece holds no other"


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_whatever_the_details_are_every_action_is_told_and_nothing_of_them_is_markup(db, value):
    lines = []
    for action in Action.values:
        names = places(SENTENCES[action]) | set(QUOTED) | {"changes", "said", "values", "run", "sha256", "signature"}
        names |= {detail for _, detail, _ in QUOTED_FROM.values() if detail}
        made = entry(action, name=EVIL, subject=f"{EVIL}:1", **dict.fromkeys(names, value))
        made.actor_name = EVIL
        made.model_slug = EVIL
        lines += lines_of([made])
    assert all(line.text and line.sentence for line in lines)
    text = page_of(lines)
    assert "<script" not in text and "<b onclick" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("action", Action.values)
def test_an_entry_that_is_older_than_its_details_still_reads_as_a_line(db, action):
    line = told(action)
    assert line.startswith("On 3 March 2026 Ada Lovelace ")
    assert "{" not in line and "[" not in line


def test_an_action_of_another_release_reads_as_a_line_with_all_it_says(db):
    line = told("model.frobnicated", reason="Because.", depth=3)
    assert line.startswith("On 3 March 2026 Ada Lovelace recorded “model.frobnicated” about Credit default: ")
    assert "depth: 3" in line and "Because." in line


def test_a_decision_is_told_with_role_signature_and_outcome(db):
    change = {"subject": "workflows.ChangeRequest:1", "name": "CR-2026-0004: promotion of Credit default version 2"}
    signed = {"method": "passkey", "statement_digest": "f" * 64}
    line = told(Action.CHANGE_DECIDED, **change, approved=True, role="risk_officer", signature=signed, on_behalf_of="")
    assert line == (
        "On 3 March 2026 Ada Lovelace approved CR-2026-0004 (promotion of Credit default version 2) as risk officer, "
        "signing by passkey."
    )
    assert "stepped aside from CR-2026-0004" in told(
        Action.CHANGE_DECIDED, **change, approved=False, meaning="recused", role="validator"
    )


def test_however_a_thing_was_signed_its_line_says_so_once(db):
    signature = {"method": "password+totp", "statement_digest": "f" * 64}
    for action in Action.values:
        filled = dict.fromkeys(places(SENTENCES[action]), "7") | {"signature": signature}
        assert told(action, **filled).count(", signing by password and code") == 1, action


def test_what_did_not_change_or_is_no_word_is_left_out_of_a_line(db):
    assert "before" not in told(Action.MODEL_TIERED, tier=2, before=2)
    assert "; it was tier 1 before" in told(Action.MODEL_TIERED, tier=2, before=1)
    assert "proposed tier 0 (exempt) for" in told(Action.MODEL_TIER_PROPOSED, proposed=0)
    assert told(Action.VERSION_REGISTERED, origin="mlflow:4f2e").endswith("registered Credit default.")
    assert told(Action.VERSION_REGISTERED, origin="CR-2026-0006").endswith(", made by CR-2026-0006.")


def test_lines_count_name_and_list_as_people_do(db):
    assert "imported 1 model from" in told(Action.SURVEY_IMPORTED, models=1)
    assert "imported 1,200 models from" in told(Action.SURVEY_IMPORTED, models=1200)
    scope = {"models": ["credit-default"], "actions": ["log_data"], "workspace": "main"}
    assert ", which may log data of credit-default in main." in told(Action.TOKEN_ISSUED, scope=scope)
    items = ["users_told", "jobs_stopped"]
    assert "; to be done first: users told, jobs stopped." in told(Action.RETIREMENT_BEGUN, items=items)
    votes = [{"name": "Ruth", "vote": "reviewed", "line": "second"}, {"name": "Lea", "vote": "abstained", "line": ""}]
    assert ". The votes: Ruth (second line) approved; Lea abstained." in told(
        Action.VOTE_CONCLUDED, outcome="approved", votes=votes
    )
    use = {"subject": "inventory.Use:1", "name": "Churn, use 2: Letters"}
    assert told(Action.USE_PROPOSED, **use).endswith(" proposed use 2 of Churn (Letters).")


@pytest.mark.parametrize(
    ("ends", "last_day"),
    [("2027-03-01T00:00:00+00:00", "28 February 2027"), ("2027-03-01T09:30:00+00:00", "1 March 2027")],
)
def test_what_ends_at_midnight_is_told_until_the_day_before_as_its_page_tells_it(db, ends, last_day):
    begun = told(Action.ARRANGEMENT_BEGUN, kind="approval", ends=ends)
    assert begun.endswith(f"into force, until {last_day}.")
    assert told(Action.USE_APPROVED, version=1, expires=ends).endswith(f", until {last_day}.")
    assert told(Action.DELEGATION_GIVEN, to="7", ends=ends).endswith(f" until {last_day}.")


def test_what_a_story_is_narrowed_to_is_named_by_words_that_there_are():
    named = dict(KINDS_OF_ENTRY)
    assert (named["policy"], named["breach"], named["finding"]) == ("Policies", "Breaches", "Findings")
    assert not [label for label in named.values() if re.search("(ch|[^aeiou]y|s)s$", label)]


def test_a_plan_is_told_item_by_item_and_a_value_in_words_without_its_digest(db):
    items = [{"what": "Refit it.", "owner": "Elif Demir", "due": "2026-12-06"}]
    line = lines_of([entry(Action.FINDING_PLANNED, plan=1, items=items)])[0]
    assert [(one.label, one.after) for one in line.changes] == [("Item 1", "Refit it; Elif Demir; by 6 December 2026")]
    (line,) = lines_of([entry(Action.FINDING_PLANNED, plan=1, items=items * 5)])
    assert line.changed == "5 items"
    changes = {
        "personal_data": {"before": "", "after": "special_category"},
        "exposure_on": {"before": None, "after": "2026-09-30"},
        "description": {"before": "", "after": f"sha256:{'a' * 64}"},
    }
    line = lines_of([entry(Action.MODEL_EDITED, changes=changes)])[0]
    assert [one.after for one in line.changes] == ["special category", "30 September 2026", "a longer text"]
    assert line.changed == "3 fields"
    assert line.changes[2].address == "/models/credit/attributes/description/"
    document = {"attribute": "documents", "row": "Report", "values": {"title": "Report", "sha256": "b" * 64}}
    line = lines_of([entry(Action.PARTICULAR_ADDED, **document)])[0]
    assert [one.label for one in line.changes] == ["Title"]
    assert [(one.label, one.digest) for one in line.evidence] == [("the file", "b" * 64)]


def test_what_changed_is_told_before_and_after_with_names_for_ids(owner):
    heir = make_person("owner", name="Hera Heir")
    model = make_model(name="Churn", owner=owner)
    edit_model(model, changes={"owner": heir, "purpose": "Keeps customers."}, actor=owner)
    line = lines_of(Entry.objects.about(model)[:1])[0]
    assert line.text == "Omar Owner changed owner and business purpose of Churn."
    changes = {change.label: (change.before, change.after) for change in line.changes}
    assert changes["Owner"] == ("Omar Owner", "Hera Heir")
    assert changes["Business purpose"] == ("Decides on instalment loans.", "Keeps customers.")


def test_the_system_is_named_as_such(workspace):
    make_model(name="Churn")
    assert {line.by for line in lines_of(Entry.objects.all())} == {"The system"}
    assert (
        " the system registered Churn, owned by "
        in lines_of(Entry.objects.filter(action="model.registered"))[0].sentence
    )


def test_a_story_holds_what_belongs_to_its_object_and_nothing_of_others(workspace, auditor):
    model, other = make_model(name="Churn"), make_model(name="Credit")
    version = make_version(model)
    make_version(other)
    promote(version)
    propose_use(model, title="Letters", actor=None)
    everything = {line.entry.action for line in all_lines(story_of(subject_name(model), auditor))}
    assert {"model.registered", "version.registered", "version.promoted", "use.proposed"} <= everything
    of_version = list(all_lines(story_of(subject_name(version), auditor)))
    assert {line.entry.subject_name for line in of_version} == {"Churn version 1"}


def test_what_one_may_not_see_has_no_story(workspace, stranger):
    assert not story_of(subject_name(make_model()), stranger).exists()


@pytest.mark.parametrize("subject", ["nonsense", "inventory.Model:nonsense", "no.Such:1", ":", "inventory.Model:"])
def test_what_nobody_knows_has_no_story(workspace, auditor, subject):
    assert not story_of(subject, auditor).exists()


def test_the_table_of_objects_names_rows_fields_and_pages_that_exist():
    pages = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    for label, kind in KINDS.items():
        model = apps.get_model(label)
        assert model._meta.label == label
        assert not kind.page or kind.page in pages
        for path in kind.by:
            has_path(model, path)
        for part, path in kind.parts:
            has_path(apps.get_model(part), path)
    for label, _, field in QUOTED_FROM.values():
        has_path(apps.get_model(label), field)


def test_whatever_belongs_to_a_model_and_is_recorded_is_in_the_table():
    """Rows that say which model they are about are those that entries are about."""
    about_a_model = {model._meta.label for model in apps.get_models() if hasattr(model, "model_slug")}
    never_a_subject = {
        "inventory.TierAssessment",
        "inventory.UseApproval",
        "registry.ModelFacts",
        "trail.Entry",
        "workflows.Decision",
    }
    assert about_a_model - never_a_subject <= set(KINDS)


def has_path(model, path: str) -> None:
    for name in path.split("__"):
        if name == "pk":
            return
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            pytest.fail(f"{model._meta.label} has no {path}")
        model = field.related_model or model
