"""The pages of histories: read by those who may see the object, filtered, paged, and as a file."""

import hashlib

import pytest
from django.urls import reverse

from audits.trail.models import Entry, subject_name
from audits.workflows.models import Decision
from audits.workflows.services import decide, raise_finding, request_change
from inventory.models import Policy
from inventory.services import edit_model
from mrm_verify.canonical import canonical
from tests.factories import PASSWORD, RETIREMENT, make_model, make_use
from tests.pages.scenery import make_assessed_model
from tests.workflows.validating import asked


@pytest.fixture
def model(workspace, owner):
    return make_assessed_model(name="Old scoring", owner=owner)


@pytest.fixture
def change(model, engineer, validator):
    change = request_change(
        "retirement", model.versions.get(), reason="Nobody uses it.", terms=RETIREMENT, actor=engineer
    )
    decide(
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        comment="Agreed, it is idle.",
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=validator,
    )
    return change


def story_of(row) -> str:
    return reverse("history", args=[subject_name(row)])


def test_a_request_reads_as_a_story_with_proof_and_evidence(visit, auditor, change):
    text = visit(auditor).get(story_of(change)).text
    assert "Vera Validator" in text and "approved" in text and "as validator" in text
    assert "Agreed, it is idle." in text and "Nobody uses it." in text
    assert change.evidence_digest[:12] in text
    assert reverse("change", args=[change.reference]) in text
    assert "#proof" in text


def test_every_evidence_of_a_line_leads_to_where_it_is_read(visit, auditor, stranger, change):
    decision = change.decisions.get()
    entry = Entry.objects.about(change).get(action="change.decided")
    page, full = (reverse(name, args=[entry.position]) for name in ("trail-entry", "trail-entry-signature"))
    reader = visit(auditor)
    story = reader.get(story_of(change)).text
    assert f'href="{page}#signed">The statement that was signed' in story
    assert f'href="{reverse("change", args=[change.reference])}">The evidence that was shown' in story
    shown = reader.get(page).text
    for word in (decision.signature.meaning, "Agreed, it is idle.", decision.statement_digest, "proved by password"):
        assert word in shown
    signature = reader.get(full).json()
    assert (
        hashlib.sha256(canonical(signature["statement"])).hexdigest() == entry.details["signature"]["statement_digest"]
    )
    asking = Entry.objects.about(change).get(action="change.requested").position
    assert 'id="signed"' not in reader.get(reverse("trail-entry", args=[asking])).text
    assert reader.get(reverse("trail-entry-signature", args=[asking])).status_code == 404
    assert visit(stranger).get(full).status_code == 404


def test_a_models_story_tells_of_its_versions_and_changes(visit, auditor, change, model):
    text = visit(auditor).get(reverse("model-history", args=[model.slug])).text
    for told in ("registered", "put", "into production", change.reference):
        assert told in text


def test_whoever_may_not_see_the_object_finds_no_story_of_it(visit, stranger, change, model):
    client = visit(stranger)
    for row in (change, model):
        assert client.get(story_of(row)).status_code == 404
        assert client.get(reverse("history-csv", args=[subject_name(row)])).status_code == 404
        assert client.get(f"/api/v1/history/{subject_name(row)}/").status_code in (403, 404)
    assert client.get(f"/api/v1/models/{model.slug}/history/").status_code in (403, 404)


def test_what_is_not_there_is_not_found(visit, auditor):
    for subject in ("nonsense", "inventory.Model:1", "a.B:%00"):
        assert visit(auditor).get(f"/history/{subject}/").status_code == 404


def test_a_story_is_narrowed_by_kind_and_period(visit, auditor, change, model):
    client, page = visit(auditor), reverse("model-history", args=[model.slug])
    only = client.get(page, {"kind": "change"}).text
    assert change.reference in only and "registered Old scoring" not in only
    assert "Nothing is recorded" in client.get(page, {"until": "2020-01-01"}).text
    assert client.get(page, {"kind": "nonsense"}).status_code == 400
    part = client.get(page, {"kind": "change"}, headers={"HX-Request": "true"}).text
    assert "<html" not in part and change.reference in part


def test_a_long_story_is_paged_from_where_the_last_page_ended(visit, owner, model):
    for number in range(60):
        model = edit_model(model, changes={"purpose": f"Purpose {number}."}, actor=owner)
    client, page = visit(owner), reverse("model-history", args=[model.slug])
    first = client.get(page).context["page"]
    assert len(first.rows) == 50 and first.next and not first.previous
    second = client.get(page, {"cursor": first.next}).context["page"]
    assert second.rows[0].position < first.rows[-1].position
    assert client.get(page, {"cursor": "nonsense"}).status_code == 302


def test_a_story_as_a_file_is_whole_and_runs_nothing(visit, auditor, owner):
    model = make_model(name="=HYPERLINK(1)", owner=owner)
    edit_model(model, changes={"purpose": "Else."}, actor=owner)
    answer = visit(auditor).get(reverse("history-csv", args=[subject_name(model)]))
    lines = answer.getvalue().decode().splitlines()
    assert lines[0].startswith("entry,at,by,action")
    assert len(lines) == 3
    assert ",'=HYPERLINK(1)," in lines[1]


def test_the_api_tells_the_same_story(visit, auditor, change, model):
    client = visit(auditor)
    by_subject = client.get(f"/api/v1/history/{subject_name(change)}/").json()["results"]
    assert by_subject[0]["action"] == "change.decided"
    assert "approved" in by_subject[0]["sentence"] and by_subject[0]["quote"] == "Agreed, it is idle."
    of_model = client.get(f"/api/v1/models/{model.slug}/history/", {"kind": "change"}).json()["results"]
    assert {line["action"] for line in of_model} == {"change.requested", "change.decided"}


def test_every_objects_page_leads_to_its_story(visit, auditor, change, model, validator):
    version = model.versions.get()
    run, breach = version.runs.get(), version.breaches.get()
    use = make_use(model)
    finding = raise_finding(
        model, severity="low", title="Thin data", observation="Few rows.", required_outcome="More.", actor=validator
    )
    validation = asked(version)
    pages = {
        reverse("version", args=[model.slug, 1]): version,
        reverse("validation", args=[validation.reference]): validation,
        reverse("run", args=[run.pk]): run,
        reverse("breach", args=[breach.pk]): breach,
        reverse("change", args=[change.reference]): change,
        reverse("finding", args=[finding.reference]): finding,
        reverse("model-uses", args=[model.slug]): use,
    }
    client = visit(auditor)
    for page, row in pages.items():
        assert story_of(row) in client.get(page).text, page
    for row in (version, change, finding, use, validation):
        assert client.get(story_of(row)).status_code == 200


def test_what_concerns_everybody_is_told_to_those_who_see_every_workspace(visit, administrator, engineer):
    policy = Policy.objects.in_force()
    link = story_of(policy)
    assert link in visit(administrator).get(reverse("policy")).text
    assert "into force" in visit(administrator).get(link).text
    assert link not in visit(engineer).get(reverse("policy")).text
    assert "engineer</a> engineer in Main" in visit(administrator).get(story_of(engineer)).text.lower().replace(
        "main", "Main"
    )


def test_a_story_needs_few_queries(visit, auditor, change, model, django_assert_max_num_queries):
    client = visit(auditor)
    with django_assert_max_num_queries(25):
        client.get(reverse("model-history", args=[model.slug]))
    with django_assert_max_num_queries(20):
        client.get(story_of(change))


def test_a_story_leads_to_people_those_only_who_may_open_their_pages(visit, auditor, engineer, model, owner):
    address = reverse("person", args=[owner.pk])
    for person, is_led in ((auditor, True), (engineer, False)):
        text = visit(person).get(reverse("model-history", args=[model.slug])).text
        assert owner.display_name in text and (f'href="{address}"' in text) is is_led
