"""The trail's pages, people, roles and tokens."""

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from audits.trail.models import Entry
from audits.trail.services import endorse_checkpoints, sign_checkpoint, trust
from mrm import embedded
from mrm.accounts.models import Person, Token, Workspace
from mrm.adapters.witnesses import InMemoryWitness
from mrm_verify.command import main as mrm_verify
from mrm_verify.notes import Checkpoint
from reports.contents.agreement import disagreements
from reports.views.trail import ONE_AT_A_TIME, Comparing
from tests.factories import PASSWORD, make_model, make_otherwise
from tests.pages.scenery import make_assessed_model
from tests.signing import signed_on_page


def test_the_trail_is_searched_by_object_person_and_action(visit, auditor, engineer):
    make_model(name="Lending", actor=engineer)
    make_model(name="Churn")
    client = visit(auditor)
    assert "Churn" not in client.get(reverse("trail"), {"q": "lending"}).text
    assert "Churn" not in client.get(reverse("trail"), {"person": "Erin"}).text
    found = client.get(reverse("trail"), {"action": "model.registered"}).context["page"]
    assert {entry.action for entry in found.rows} == {"model.registered"}


def test_an_entry_shows_its_hash_and_the_proof_once_a_checkpoint_covers_it(visit, auditor):
    make_model(name="Lending")
    entry = Entry.objects.first()
    address = reverse("trail-entry", args=[entry.position])
    assert "The next checkpoint will cover it" in visit(auditor).get(address).text
    checkpoint = sign_checkpoint()
    text = visit(auditor).get(address).text
    assert entry.leaf_hash in text
    assert checkpoint.root in text or "lead from the entry to the root" in text


def test_the_page_names_who_attests_to_the_trail_and_who_did_not_answer(visit, auditor, settings):
    settings.WITNESSES = ["memory:witness.example", f"{InMemoryWitness('away.example').key} http://127.0.0.1:9"]
    make_model(name="Lending")
    assert "Who else attests to it" not in visit(auditor).get(reverse("trail")).text
    sign_checkpoint()
    endorse_checkpoints()
    text = visit(auditor).get(reverse("trail")).text
    assert "Cosignature of witness.example" in text and "Cosignature of away.example" in text
    assert "did not answer" in text


def verified(client: Client, **headers) -> str:
    """What the page says in the end: each load goes on for two seconds, and a busy machine needs several."""
    text = client.post(reverse("verify-trail"), headers=headers).text
    while 'role="progressbar"' in text:
        text = client.get(reverse("verify-trail"), headers=headers).text
    return text


def test_the_button_verifies_the_whole_trail(visit, auditor):
    make_model(name="Lending")
    assert "The whole trail holds." in verified(visit(auditor))


def test_rows_that_take_long_to_compare_are_compared_kind_by_kind_in_loads_of_their_own(workspace):
    model = make_model(name="Lending")
    make_otherwise(model, status="in_use")
    comparing, steps = Comparing(), []
    while not comparing.finished:
        steps.append((comparing.percent, comparing.about))
        before = comparing.done
        comparing.go_on(until=0)
        assert comparing.done == before + 1
    told = [percent for percent, _ in steps]
    assert steps[0] == (0, "Where every model stands") and told == sorted(told)
    assert comparing.rows == disagreements() and len(comparing.rows) == 1


def test_one_browser_at_a_time_is_verified_for_and_the_next_load_goes_on(visit, auditor):
    make_model(name="Lending")
    client, page = visit(auditor), reverse("verify-trail")
    assert client.get(page).status_code == 302, "nothing was begun"
    address = embedded.database_url(django_settings.VAR, connection.settings_dict["NAME"])
    with psycopg.connect(address, autocommit=True) as other:
        key = int.from_bytes(ONE_AT_A_TIME.bytes[:8], signed=True)
        other.execute("SELECT pg_advisory_lock(%s)", [key])
        waiting = client.post(page).text
    assert "Somebody else is verifying" in waiting and 'role="progressbar"' in waiting and "Go on" in waiting
    part = verified(client, **{"HX-Request": "true"})
    assert "The whole trail holds." in part and "<html" not in part


def test_the_button_names_a_row_that_no_entry_explains(visit, auditor):
    model = make_model(name="Lending")
    make_otherwise(model, status="in_use")
    assert "no entry says that any version" in verified(visit(auditor))


def test_an_entry_its_proof_and_the_checkpoint_are_checked_by_anybody(visit, auditor, tmp_path, capsys, client):
    for number in range(5):
        make_model(name=f"Lending {number}")
        sign_checkpoint()
    entry, reader = Entry.objects.filter(model_slug="lending-2").get(), visit(auditor)
    names = {"entry.json": "trail-entry-bytes", "entry.tlog-proof": "trail-entry-proof"}
    for name, page in names.items():
        answer = reader.get(reverse(page, args=[entry.position]))
        assert answer.status_code == 200
        (tmp_path / name).write_bytes(answer.content)
    arguments = ["proof", str(tmp_path / "entry.json"), str(tmp_path / "entry.tlog-proof"), "--key", trust().log]
    assert mrm_verify(arguments) == 0
    assert f"it is entry {entry.position} of" in capsys.readouterr().out
    (tmp_path / "entry.json").write_bytes((tmp_path / "entry.json").read_bytes().replace(b"Lending", b"Landing"))
    assert mrm_verify(arguments) == 1
    text = reader.get(reverse("trail-entry", args=[entry.position])).text
    assert "Proof that the log only grew" in text and "mrm-verify proof" in text
    note = reader.get(reverse("checkpoint-note", args=[Entry.objects.count()])).content.decode()
    assert Checkpoint.read(note).size == Entry.objects.count()
    assert reader.get(reverse("checkpoint-time-stamp", args=[Entry.objects.count(), 0])).status_code == 404
    assert client.get(reverse("trail-entry-bytes", args=[entry.position])).status_code == 302


def test_the_bytes_of_what_one_may_not_see_are_not_found(visit, stranger):
    make_model(name="Lending")
    sign_checkpoint()
    for page in ("trail-entry-bytes", "trail-entry-proof"):
        assert visit(stranger).get(reverse(page, args=[Entry.objects.first().position])).status_code == 404


def test_the_button_names_an_edited_entry(visit, auditor):
    make_model(name="Lending")
    entry = Entry.objects.first()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE trail_entry SET actor_name = 'nobody' WHERE position = %s", [entry.position])
    answer = visit(auditor).post(reverse("verify-trail"), headers={"HX-Request": "true"})
    assert f"Entry {entry.position} (model.registered) was edited" in answer.text
    assert "<html" not in answer.text


def test_the_trail_list_needs_few_queries(visit, auditor, owner, django_assert_max_num_queries):
    for number in range(5):
        make_assessed_model(name=f"Model {number} of the trail", owner=owner)
    client = visit(auditor)
    with django_assert_max_num_queries(8):
        client.get(reverse("trail"))


def test_an_administrator_creates_a_person_and_a_second_person_approves_the_role(
    visit, administrator, risk_officer, client
):
    admin = visit(administrator)
    person = {"display_name": "New Person", "email": "new@bank.example", "kind": "human", "password": PASSWORD}
    assert admin.post(reverse("create-person"), person).status_code == 302
    created = Person.objects.get(email="new@bank.example")
    asked = {"role": "engineer", "workspace": Workspace.objects.get().pk, "reason": "Joins the team."}
    assert admin.post(reverse("person", args=[created.pk]), asked).status_code == 302
    grant, officer = created.grants.get(), visit(risk_officer)
    assert not Person.objects.get(pk=created.pk).all_roles()
    assert admin.post(reverse("approve-role", args=[grant.pk])).status_code == 403
    for page in (reverse("people"), reverse("home")):
        assert "New Person as engineer in Main" in officer.get(page).text
    assert signed_on_page(officer, reverse("approve-role", args=[grant.pk])).status_code == 302
    assert Person.objects.get(pk=created.pk).all_roles() == {"engineer"}
    signed = client.post(reverse("account_login"), {"login": created.email, "password": PASSWORD})
    assert signed.headers["Location"] == "/"


@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_a_weak_first_password_is_refused_at_its_field(visit, administrator, password):
    person = {"display_name": "New Person", "email": "new@bank.example", "kind": "human", "password": password}
    answer = visit(administrator).post(reverse("create-person"), person)
    assert answer.status_code == 400
    assert 'id="id_password_error"' in answer.text


def test_roles_that_nobody_may_hold_together_are_refused_in_words(visit, administrator, engineer):
    answer = visit(administrator).post(
        reverse("person", args=[engineer.pk]), {"role": "validator", "reason": "Why not."}
    )
    assert answer.status_code == 409
    assert "Nobody may be validator and engineer at the same time." in answer.text


def test_a_role_is_taken_back(visit, administrator, engineer):
    grant = engineer.grants.get()
    client, address = visit(administrator), reverse("revoke-role", args=[grant.pk])
    assert client.post(address, {"reason": " "}).status_code == 400
    assert "is no longer engineer" in client.get(signed_on_page(client, address, reason="Moved.").url).text
    assert Person.objects.get(pk=engineer.pk).all_roles() == set()


def test_the_secret_of_a_token_is_shown_once_and_not_kept(visit, engineer, workspace):
    client = visit(engineer)
    issued = client.post(reverse("my-tokens"), {"name": "pipeline", "workspace": workspace.pk, "actions": ["log_data"]})
    secret = issued.context["secret"]
    assert secret in issued.text
    assert issued.headers["Cache-Control"] == "no-store"
    listed = client.get(reverse("my-tokens")).text
    assert "pipeline" in listed
    assert secret not in listed


def test_nobody_revokes_the_token_of_somebody_else(visit, engineer, validator, administrator, workspace):
    visit(engineer).post(reverse("my-tokens"), {"name": "pipeline", "workspace": workspace.pk})
    token = Token.objects.get()
    for person in (validator, administrator):
        assert visit(person).post(reverse("revoke-token", args=[token.pk])).status_code == 404
    visit(engineer).post(reverse("revoke-token", args=[token.pk]))
    token.refresh_from_db()
    assert token.revoked_at


def test_a_file_that_is_no_report_does_not_hold_and_says_why(visit, auditor):
    answer = visit(auditor).post(reverse("verify-report"), {"file": SimpleUploadedFile("letter.pdf", b"Dear Sir")})
    assert answer.status_code == 200
    assert "letter.pdf does not hold." in answer.text
    assert "The file is not a PDF." in answer.text


def test_verifying_nothing_asks_for_a_file(visit, auditor):
    answer = visit(auditor).post(reverse("verify-report"))
    assert answer.status_code == 400
    assert "Choose the PDF to verify." in answer.text
