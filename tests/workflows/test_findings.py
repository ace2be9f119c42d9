"""Findings, written and issued by the second line: by whom, about what, how bad, by when."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import Arrangement, Finding
from audits.workflows.services import draft_finding, issue_finding, raise_finding, respond_to_finding, revise_draft
from audits.workflows.states import FindingState
from inventory.contents.stories import lines_of
from inventory.models import Model, Policy
from inventory.services import edit_model
from inventory.states import Status
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_model, make_person, make_policy, make_version, publish, settle
from tests.signing import close_arrangement, drop_finding
from tests.workflows.duties import now_holding
from tests.workflows.remedies import TEXTS, closed, raised, today


@pytest.fixture
def finding(story) -> Finding:
    return raised(story, breach=story.breach)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_raises_findings(story, role):
    person = make_person(role, workspace=story.workspace)
    for service in (raise_finding, draft_finding):
        with pytest.raises(NotPermitted):
            service(story.model, **TEXTS, actor=person)


def test_a_service_account_raises_none(story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        raise_finding(story.model, **TEXTS, actor=robot)


def test_a_finding_is_due_by_severity_and_tier(story, finding):
    assert story.model.tier == 2
    assert finding.state == FindingState.ISSUED
    assert finding.due_at == finding.first_due_at == today() + timedelta(days=270)
    assert finding.plan_due_at == today() + timedelta(days=30)
    assert finding.version == story.version, "that of the breach"
    assert finding.owner == story.owner
    assert finding.policy == Policy.objects.in_force()
    assert Entry.objects.about(finding).get(action=Action.FINDING_RAISED).details["severity"] == "medium"


def test_the_days_are_those_of_the_policy_in_force(story, standard_document):
    standard_document["findings"]["days_until_due"]["2"]["medium"] = 10
    publish(standard_document)
    assert raised(story).due_at == today() + timedelta(days=10)


def test_a_policy_from_before_findings_were_in_it_gives_the_standard_days(story, standard_document):
    document = {name: section for name, section in standard_document.items() if name != "findings"}
    make_policy(document)
    assert raised(story).due_at == today() + timedelta(days=270)


def test_it_may_be_due_earlier_and_not_later_nor_in_the_past(story):
    assert raised(story, due_at=today() + timedelta(days=7)).due_at == today() + timedelta(days=7)
    for due_at in (today() + timedelta(days=271), today() - timedelta(days=1)):
        with pytest.raises(RuleBroken, match="at the latest"):
            raised(story, due_at=due_at)


def test_every_text_that_is_missing_is_named(story):
    with pytest.raises(RuleBroken, match="title, required outcome"):
        raised(story, title=" ", required_outcome="")


def test_a_finding_is_about_one_model(story):
    foreign = make_version(make_model())
    for named in ({"version": foreign}, {"version": make_version(story.model), "breach": story.breach}):
        with pytest.raises(RuleBroken, match="is not one of"):
            raised(story, **named)


def test_a_breach_brings_its_criterion_and_its_evidence(story, finding):
    assert finding.criterion == "limits.psi"
    (cited,) = finding.evidence
    assert (cited["kind"], cited["reference"]) == ("breach", str(story.breach.pk))
    assert len(cited["digest"]) == 64


def test_evidence_is_looked_up_and_kept_with_its_digest(story):
    run, entry = story.run("drift"), Entry.objects.filter(model_slug=story.model.slug).first()
    result = run.results.first()
    references = [f"run {run.pk}", f"result {result.pk}", f"entry {entry.position}"]
    evidence = raised(story, evidence=references).evidence
    assert [one["kind"] for one in evidence] == ["run", "result", "entry"]
    assert evidence[2]["digest"] == entry.leaf_hash
    recorded = Entry.objects.filter(action=Action.ASSESSMENT_COMPLETED).about(run).get()
    assert evidence[0]["digest"] == recorded.details["results_digest"]


@pytest.mark.parametrize(
    "reference",
    [
        "run 1",
        "run 6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "entry 99999999",
        "entry 1e3",
        "entry -1",
        "document abc",
        "mail 4",
        "run",
        "\x00",
        "x" * 300,
    ],
    ids=range(10),
)
def test_evidence_that_names_nothing_of_the_model_is_refused(story, reference):
    with pytest.raises(UnusableData, match="Reference 2"):
        raised(story, evidence=[f"run {story.run('drift').pk}", reference])


def test_evidence_of_another_model_is_none_of_this_one(story):
    model = make_model()
    with pytest.raises(UnusableData, match="has no run"):
        raise_finding(model, **TEXTS, evidence=[f"run {story.run('drift').pk}"], actor=story.validator)


def test_a_criterion_is_a_clause_of_the_policy_in_force(story):
    assert raised(story, criterion="clauses.documentation").criterion == "clauses.documentation"
    with pytest.raises(UnusableData, match="no such clause"):
        raised(story, criterion="clauses.made_up")


@pytest.mark.parametrize(
    ("impact", "suggested"),
    [
        ({"effect_percent": 5.0}, "high"),
        ({"effect_percent": -7.0}, "high"),
        ({"effect_percent": 1.0}, "medium"),
        ({"effect_percent": 0.9}, "low"),
        ({"class_change_percent": 10.0}, "high"),
        ({"effect_percent": 0.1, "class_change_percent": 9.9}, "medium"),
    ],
    ids=range(6),
)
def test_a_severity_below_what_the_impact_suggests_needs_a_reason(story, impact, suggested):
    milder = {"high": "medium", "medium": "low", "low": None}[suggested]
    assert raised(story, severity=suggested, **impact).severity == suggested
    assert raised(story, severity="critical", **impact).severity == "critical", "graver needs none"
    if milder is None:
        return
    with pytest.raises(UnusableData, match=f"suggests {suggested}"):
        raised(story, severity=milder, **impact)
    assert raised(story, severity=milder, severity_reason="It is offset.", **impact).severity == milder


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 101.0], ids=["nan", "infinite", "more than all"])
def test_an_impact_that_is_no_share_is_refused(story, value):
    with pytest.raises(UnusableData, match="at most 100"):
        raised(story, class_change_percent=value)


def test_who_answers_for_it_is_of_the_first_line_there(story):
    assert raised(story, owner=story.engineer).owner == story.engineer
    for nobody in (story.auditor, story.validator, make_person(Role.ENGINEER, workspace=story.workspace,
                                                               kind=Person.Kind.SERVICE)):  # fmt: skip
        with pytest.raises(UnusableData, match="does not answer findings"):
            raised(story, owner=nobody)


def test_a_draft_is_not_seen_by_the_first_line_and_not_open(story, stranger):
    draft = draft_finding(story.model, **TEXTS, actor=story.validator)
    assert (draft.state, draft.due_at) == (FindingState.DRAFT, None)
    assert draft not in Finding.objects.open()
    seen_by = {person: draft in Finding.objects.visible_to(person) for person in (
        story.owner, story.engineer, story.administrator, stranger, story.validator, story.risk_officer, story.auditor
    )}  # fmt: skip
    assert list(seen_by.values()) == [False, False, False, False, True, True, True]


def test_a_draft_is_revised_then_issued_and_its_days_begin_then(story):
    draft = draft_finding(story.model, **TEXTS, actor=story.validator)
    revised = revise_draft(draft, severity="high", actor=story.risk_officer)
    assert (revised.severity, revised.title) == ("high", TEXTS["title"])
    Finding.objects.filter(pk=draft.pk).update(raised_at=draft.raised_at - timedelta(days=90))
    issued = issue_finding(draft, actor=story.validator)
    assert issued.due_at == today() + timedelta(days=120)
    with pytest.raises(RuleBroken, match="is issued"):
        revise_draft(issued, title="Something else", actor=story.validator)
    with pytest.raises(RuleBroken):
        issue_finding(issued, actor=story.validator)


def test_a_draft_is_dropped_with_a_reason_and_what_is_issued_is_not(story, finding):
    draft = draft_finding(story.model, **TEXTS, actor=story.validator)
    with pytest.raises(RuleBroken, match="Say why it is dropped"):
        drop_finding(draft, reason=" ", actor=story.validator)
    assert drop_finding(draft, reason="A test of the interface.", actor=story.validator).state == FindingState.DROPPED
    with pytest.raises(RuleBroken, match="answer to a rebuttal"):
        drop_finding(finding, reason="Not wanted.", actor=story.validator)


def test_the_first_line_drops_no_draft(story):
    draft = draft_finding(story.model, **TEXTS, actor=story.validator)
    with pytest.raises(NotPermitted):
        drop_finding(draft, reason="Inconvenient.", actor=story.owner)


def test_who_issues_is_said_by_the_policy(story, standard_document):
    standard_document["findings"]["issued_by"] = ["head_of_validation"]
    publish(standard_document)
    draft = draft_finding(story.model, **TEXTS, actor=story.validator)
    with pytest.raises(NotPermitted, match="head of validation"):
        issue_finding(draft, actor=story.validator)
    head = make_person(Role.HEAD_OF_VALIDATION, workspace=story.workspace)
    assert issue_finding(draft, actor=head).issued_by == head


@pytest.mark.parametrize("part", ["owns the model", "owned it until lately", "registered the version", "develops it"])
def test_nobody_with_a_part_in_it_rewrites_or_issues_a_draft(story, part):
    person = make_person(Role.VALIDATOR, name="Conrad Conflicted", workspace=story.workspace)
    about = story.version
    if part == "registered the version":
        about = make_version(story.model, actor=story.engineer)
        person = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    elif part == "develops it":
        edit_model(story.model, changes={"developer": person}, actor=None)
    else:
        edit_model(story.model, changes={"owner": person}, actor=None)
        if part == "owned it until lately":
            edit_model(story.model, changes={"owner": story.owner}, actor=None)
    said = TEXTS | {"severity": "critical"}
    draft = draft_finding(story.model, version=about, **said, owner=story.owner, actor=story.validator)
    settle()
    for service in (lambda: revise_draft(draft, title="Nothing much", actor=person),
                    lambda: issue_finding(draft, actor=person)):  # fmt: skip
        with pytest.raises(NotPermitted, match="rewrite"):
            service()
    issued = {"state": "issued", "issued_at": timezone.now(), "due_at": today(), "issued_by": person}
    with pytest.raises(IntegrityError, match="does not issue it"), transaction.atomic():
        Finding.objects.filter(pk=draft.pk).update(**issued)
    assert issue_finding(draft, actor=story.risk_officer).severity == "critical"


@pytest.mark.parametrize("about", ["the model", "the version in production"])
def test_a_critical_finding_about_what_is_in_use_restricts_it_until_it_is_closed(story, about):
    version = story.version if about == "the version in production" else None
    draft = draft_finding(story.model, version=version, **TEXTS | {"severity": "critical"}, actor=story.validator)
    assert story.model.status == Status.IN_USE
    critical = issue_finding(draft, actor=story.validator)
    assert story.model.status == Status.RESTRICTED
    told = Entry.objects.get(action=Action.MODEL_RESTRICTED).details["because"]
    assert told == f"{critical.reference} is critical: {critical.title}."
    held = Arrangement.objects.unsettled().get(finding=critical)
    with pytest.raises(RuleBroken, match=f"ends when {critical.reference} is closed"):
        close_arrangement(held, reason="Fine.", actor=story.risk_officer)
    settle()
    now = timezone.now()
    with pytest.raises(IntegrityError, match="is closed by another"), transaction.atomic():
        Arrangement.objects.filter(pk=held.pk).update(state="closed", ended_at=now, ended_by=story.risk_officer)
        settle()
    with pytest.raises(IntegrityError, match="stays restricted until"), transaction.atomic():
        Model.objects.filter(pk=story.model_id).update(status="in_use")
        settle()
    closed(story, critical)
    settle()
    assert story.model.status == Status.IN_USE


def test_a_critical_finding_that_is_dropped_restricts_no_longer(story):
    critical = respond_to_finding(
        raised(story, severity="critical"), response="It is not so.", disputed=True, actor=story.owner
    )
    drop_finding(critical, reason="It is not.", actor=story.second_officer())
    settle()
    assert story.model.status == Status.IN_USE


def test_a_critical_finding_about_a_candidate_restricts_nothing(story):
    raised(story, severity="critical", version=make_version(story.model, actor=story.engineer))
    assert story.model.status == Status.IN_USE and not Arrangement.objects.unsettled().exists()


def test_no_critical_finding_is_issued_by_sql_without_its_consequence(story):
    draft = draft_finding(story.model, **TEXTS | {"severity": "critical"}, actor=story.validator)
    settle()
    issued = {"state": "issued", "issued_at": timezone.now(), "due_at": today(), "issued_by": story.risk_officer}
    with pytest.raises(IntegrityError, match="is restricted with it"), transaction.atomic():
        Finding.objects.filter(pk=draft.pk).update(**issued)
        settle()


def test_the_history_of_a_draft_says_what_was_rewritten_and_repeats_no_text(story):
    draft = draft_finding(story.model, **TEXTS | {"severity": "critical"}, actor=story.validator)
    written = {"severity": "low", "observation": "Hardly any row came without an income."}
    revise_draft(draft, **written, owner=story.engineer, actor=story.validator)
    [line] = lines_of(Entry.objects.about(draft).filter(details__revised=True))
    assert ", changing " in line.text
    assert set(line.entry.details["changes"]) == {"severity", "observation", "owner"}
    changes = {one.label: (one.before, one.after) for one in line.changes}
    assert changes["Severity"] == ("critical", "low")
    assert (str(story.owner), str(story.engineer)) in changes.values()
    texts = {"before": TEXTS["observation"], "after": written["observation"]}
    digests = {when: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for when, text in texts.items()}
    assert line.entry.details["changes"]["observation"] == digests
    assert written["observation"] not in str(line.entry.details)
    revise_draft(draft, actor=story.validator)
    assert "changes" not in Entry.objects.about(draft).order_by("-position")[0].details


def test_only_who_wrote_a_draft_makes_it_milder(story):
    draft = draft_finding(story.model, **TEXTS | {"severity": "critical"}, actor=story.validator)
    settle()
    with pytest.raises(NotPermitted, match=f"Only {story.validator}, who wrote the draft"):
        revise_draft(draft, severity="low", actor=story.risk_officer)
    with pytest.raises(IntegrityError, match="called milder by who wrote it"), transaction.atomic():
        Finding.objects.filter(pk=draft.pk).update(severity="low")
        settle()
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(pk=draft.pk).update(raised_by=story.risk_officer)
    assert revise_draft(draft, severity="high", actor=story.validator).severity == "high"
    settle()
    assert revise_draft(draft, severity="critical", actor=story.risk_officer).severity == "critical"
    settle()
